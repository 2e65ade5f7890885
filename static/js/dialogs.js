// Native dialogs. [data-dialog=id] opens one of the page; a swap into a closed dialog opens it;
// [data-dialog-close] and the server's HX-Trigger "close-dialog" close it.
import { leaveFor } from "./toasts.js";

const shared = () => document.getElementById("shared-dialog");

const FIRST = '.dialog-body form :is(input:not([type="hidden"]), select, textarea)';

// A form starts at its first field, a question at what leaves everything as it is.
function open(dialog) {
  if (dialog.open) return;
  dialog.showModal();
  (dialog.querySelector(FIRST) ?? dialog.querySelector(".dialog-body form [data-dialog-close]"))?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    dialog.dispatchEvent(new CustomEvent("dialog:opening"));
    open(dialog);
    return;
  }
  const closer = event.target.closest("dialog [data-dialog-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  // Only a new body opens: the answer to a form inside may have closed it on purpose.
  const dialog = event.detail.target?.matches?.(".dialog-body") && event.detail.target.closest("dialog");
  if (!dialog) return;
  const title = event.detail.requestConfig?.elt?.dataset?.dialogTitle;
  if (title) dialog.querySelector("h2").textContent = title;
  open(dialog);
});

// On the page of a dialog a refused form comes back in its own place.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const own = detail.requestConfig.elt.closest("[data-dialog-page]");
  if (!own || detail.requestConfig.verb === "get" || detail.target?.id !== "shared-dialog-body") return;
  detail.target = own;
  detail.swapOverride = "innerHTML";
});

document.addEventListener("close-dialog", () => {
  const open = document.querySelectorAll("dialog[open]");
  for (const dialog of open) dialog.close();
  const page = document.querySelector("[data-dialog-page]");
  if (!page || open.length) return;
  // What opened as a page is left by going back, once the words of the answer have arrived.
  document.addEventListener("htmx:afterRequest", () => leaveFor(page.dataset.dialogPage), { once: true });
});

document.addEventListener(
  "close",
  (event) => {
    if (event.target === shared()) event.target.querySelector(".dialog-body").replaceChildren();
    if (document.activeElement === document.body) document.getElementById("page-title")?.focus();
  },
  true,
);
