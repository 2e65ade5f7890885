// The keyboard: any element with data-key="n" or data-key="g p" is pressed by that key; data-key-label is its line in
// the key map. Inside a row ([data-row] or a table row) a key acts on the row that has the focus.
// A barcode scanner types faster than people (scanner.js): what comes that fast presses no key.
import { recall, remember } from "./storage.js";
import { fillKeyMap } from "./keymap.js";

const BURST = 50; // ms between keys of a scanner; people are slower
const SETTLE = 70; // ms to wait before a letter counts as a shortcut
const PREFIX = 1200; // ms to press the second key of "g p"
const LEAVING = 2000; // ms in which the next page should come
const ROW = "tbody tr, [data-row]";

let typed = "";
let lastAt = 0;
let waiting = 0;
let prefix = "";
let prefixTimer = 0;
let leavingUntil = 0;

const singleKeysOn = () => recall("single-keys") !== "off";

function isTyping(target) {
  if (target.isContentEditable) return true;
  if (target.matches("textarea, select")) return true;
  return target.matches("input") && !["checkbox", "radio", "button", "submit", "range"].includes(target.type);
}

function candidates(key) {
  const modal = document.querySelector("dialog[open]");
  const found = (modal ?? document).querySelectorAll(`[data-key="${CSS.escape(key)}"]`);
  return [...found].filter(
    (each) => !each.matches(":disabled, [aria-disabled=true]") && !each.closest("dialog:not([open])"),
  );
}

function find(key) {
  const found = candidates(key);
  const row = document.activeElement?.closest(ROW);
  return found.find((each) => row?.contains(each)) ?? found.find((each) => !each.closest(ROW));
}

function press(element) {
  if (element.matches("input, select, textarea")) {
    element.focus();
    element.select?.();
  } else {
    // What opens gets the focus back when it closes.
    const isOpener = element.matches("[aria-haspopup]") && document.activeElement === document.body;
    if (isOpener || element.matches("summary")) element.focus();
    element.click();
  }
}

function feed(key) {
  const combined = prefix ? `${prefix} ${key}` : key;
  clearTimeout(prefixTimer);
  prefix = "";
  const element = find(combined);
  if (element) {
    press(element);
  } else if (document.querySelector(`[data-key^="${CSS.escape(key)} "]`)) {
    prefix = key;
    prefixTimer = setTimeout(() => (prefix = ""), PREFIX);
  }
}

function settle() {
  const keys = typed;
  typed = "";
  if (keys.length <= 2) [...keys].forEach(feed);
}

function closeSearch(target) {
  const search = target.closest?.(".search");
  if (!search) return;
  const input = search.querySelector("input[type=search]");
  search.querySelector(".search-panel").replaceChildren();
  if (target === input && !input.value) input.blur();
  input.value = "";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  if (target !== input) input.focus();
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !(target instanceof Element)) return;
  if (key === "Escape") return closeSearch(target);
  if (isTyping(target)) return;
  const isFast = event.timeStamp - lastAt < BURST;
  lastAt = event.timeStamp;
  if (key.length === 1 && key !== " ") {
    clearTimeout(waiting);
    // What is typed while the next page is on its way is meant for that one.
    if (event.timeStamp < leavingUntil) return event.preventDefault();
    if (!isFast && typed && singleKeysOn()) settle();
    typed = isFast ? typed + key : key;
    if (!/[\p{L}\p{N}]/u.test(key) && typed.length === 1 && singleKeysOn() && find(key)) {
      event.preventDefault();
      typed = "";
      feed(key);
    } else {
      waiting = setTimeout(() => (singleKeysOn() ? settle() : (typed = "")), SETTLE);
    }
  }
});

addEventListener("beforeunload", () => (leavingUntil = performance.now() + LEAVING));
addEventListener("pageshow", () => (leavingUntil = 0));

const toggle = document.querySelector("[data-keys-toggle]");
if (toggle) {
  toggle.checked = singleKeysOn();
  toggle.addEventListener("change", () => remember("single-keys", toggle.checked ? "on" : "off"));
}
document.getElementById("key-map")?.addEventListener("dialog:opening", fillKeyMap);
