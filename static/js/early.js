// Who types as soon as the page shows is faster than the scripts: what stands in the fields by now is said again, so
// that hints, possible duplicates and suggestions come as if it had been typed a moment later.
document.addEventListener("DOMContentLoaded", () => {
  for (const field of document.querySelectorAll("input:not([type=hidden]), textarea")) {
    if (field.value !== field.defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
