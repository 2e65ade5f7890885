/** The forms of this page in which something was typed or refused that is not saved yet. */
export function unsavedForms() {
  return [...document.querySelectorAll('form[method="post"]:not([role="search"])')].filter(isUnsaved);
}

function isUnsaved(form) {
  return Boolean(form.querySelector('[aria-invalid="true"]')) || [...form.elements].some(isChanged);
}

function isChanged(control) {
  if (control.type === "hidden" || !control.getClientRects().length) return false;
  if (control.matches("input[type=checkbox], input[type=radio]")) return control.checked !== control.defaultChecked;
  if (control.matches("select")) return [...control.options].some(isChosenAnew);
  return control.matches("input, textarea") && control.value !== control.defaultValue;
}

// Without a choice of the server the first option stands in a select.
function isChosenAnew(option) {
  return option.selected !== option.defaultSelected && (option.defaultSelected || option.index > 0);
}

/** Those in which text was typed, or that came back refused: what would be lost with them is somebody's work. */
export function typedForms() {
  return unsavedForms().filter((form) => !("sent" in form.dataset) && (isRefused(form) || [...form.elements].some(isTyped)));
}

const isRefused = (form) => form.getClientRects().length > 0 && Boolean(form.querySelector('[aria-invalid="true"]'));

function isTyped(control) {
  const isText = control.matches("textarea, input:not([type=checkbox], [type=radio], [type=search], [type=file])");
  return isText && isChanged(control);
}
