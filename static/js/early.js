// Who is faster than the scripts: what stands in the fields by now is said again, so that hints, possible duplicates and
// suggestions come as if it had been typed a moment later; keys kept by early-keys.js are pressed.
function play({ at, target, ...key }) {
  const event = new KeyboardEvent("keydown", { ...key, bubbles: true, cancelable: true });
  // Scanners are told from people by the time between keys.
  Object.defineProperty(event, "timeStamp", { value: at });
  const focused = document.activeElement ?? document.body;
  const isElsewhere = target.isConnected && target !== document.body && target !== focused;
  (isElsewhere ? target : focused).dispatchEvent(event);
  if (isElsewhere) focused.focus();
}

function catchUp() {
  for (const field of document.querySelectorAll("input:not([type=hidden]), textarea")) {
    if (field.value !== field.defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  globalThis.earlyKeys?.().forEach(play);
}

// htmx listens from then on.
document.addEventListener("DOMContentLoaded", catchUp, { once: true });
