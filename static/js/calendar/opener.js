// Opens the page at an address in the shared dialog, as a link with hx-get does.
const opener = document.getElementById("calendar-opener");

/** `onClose` runs once the dialog is closed, whatever was answered. */
export function openDialog(url, title, values = {}, onClose = null) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  opener.dataset.dialogTitle = title;
  const target = document.getElementById("shared-dialog");
  if (onClose) target.addEventListener("close", onClose, { once: true });
  htmx
    .ajax("GET", url, { source: opener, target: "#shared-dialog-body", swap: "innerHTML", values: Object.fromEntries(given) })
    .then(() => onClose && !target.open && (target.removeEventListener("close", onClose), onClose()));
}
