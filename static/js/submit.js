// A form is sent once: until the answer is there, its button is busy and further submits are dropped.
// The button keeps the focus (aria-disabled, not disabled).
const LONGEST_WAIT = 15_000;

function setBusy(form, button) {
  form.dataset.busy = "";
  for (const each of button ? [button] : form.querySelectorAll("button[type=submit], button:not([type])")) {
    each.setAttribute("aria-disabled", "true");
    each.setAttribute("aria-busy", "true");
  }
  setTimeout(() => release(form), LONGEST_WAIT);
}

function release(form) {
  delete form.dataset.busy;
  for (const each of form.querySelectorAll("[aria-busy]")) {
    each.removeAttribute("aria-disabled");
    each.removeAttribute("aria-busy");
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if ("busy" in form.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    setBusy(form, event.submitter);
    const sentByHtmx = form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]");
    setTimeout(() => {
      if (event.defaultPrevented && !sentByHtmx) release(form);
    });
  },
  true,
);

for (const name of ["htmx:afterRequest", "htmx:validation:halted", "htmx:sendAbort"]) {
  document.addEventListener(name, (event) => {
    const form = event.target.closest?.("form");
    if (form) release(form);
  });
}

addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(release));

// Ctrl+Enter sends a form[data-submit-key] from any of its fields; with Shift, as its button [data-submit-shift] does.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest?.("form[data-submit-key]");
  if (!form) return;
  event.preventDefault();
  const button = event.shiftKey && form.querySelector("[data-submit-shift]");
  if (button) button.click();
  else form.requestSubmit();
});
