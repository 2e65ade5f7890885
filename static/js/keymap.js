// The key map lists every data-key of the page as it is now, so that no page has to keep a list.
export function fillKeyMap() {
  const map = document.querySelector("[data-keymap]");
  map.querySelectorAll("[data-made]").forEach((row) => row.remove());
  const seen = new Set();
  const first = map.firstElementChild;
  for (const element of document.querySelectorAll("[data-key][data-key-label]")) {
    const { key, keyLabel } = element.dataset;
    if (seen.has(key) || element.closest("dialog")) continue;
    seen.add(key);
    map.insertBefore(row(key, keyLabel), first);
  }
}

function row(keys, label) {
  const element = document.createElement("div");
  element.className = "keymap-row";
  element.dataset.made = "";
  const text = document.createElement("span");
  text.textContent = label;
  const side = document.createElement("span");
  side.className = "keymap-keys";
  for (const key of keys.split(" ")) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    side.append(cap);
  }
  element.append(text, side);
  return element;
}
