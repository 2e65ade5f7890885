// A hand-held scanner types like a keyboard, faster than people do, and ends with Enter. What it reads goes to the
// patient search from anywhere; a field that happens to have the focus gets back what stood in it, and no form is sent.
// Fields with data-scan are meant to be scanned into. The event "scan" on the document lets a page take it over.
import { toast } from "./toasts.js";
import { unsavedForms } from "./unsaved.js";

const BURST = 50; // ms between keys of a scanner; people are slower
const SHORTEST = 5;
const FEWEST_DIGITS = 3; // every number on a card has more; no name has any
const NUMBERS = /\d/g;

let text = "";
let codes = "";
let lastAt = -Infinity;
let putBack = () => {};
let offered = "";

/** What undoes typing into `target`. */
function snapshot(target) {
  if (target.matches("input[type=radio]")) {
    const group = [...document.querySelectorAll("input[type=radio]")].filter((each) => each.form === target.form && each.name === target.name);
    const chosen = group.find((each) => each.checked);
    return () => {
      for (const each of group) each.checked = each === chosen;
      (chosen ?? target).focus();
    };
  }
  if (target.matches("input[type=checkbox]")) {
    const { checked } = target;
    return () => (target.checked = checked);
  }
  if (!target.matches("input, select, textarea")) return () => {};
  const { value } = target;
  return () => {
    if (target.value === value) return;
    target.value = value;
    target.dispatchEvent(new Event("input", { bubbles: true }));
  };
}

const digits = (words) => words.match(NUMBERS)?.length ?? 0;

// A scanner set to another keyboard layout types other characters on the same keys.
function reading() {
  return digits(codes) > digits(text) ? codes : text;
}

const characterOf = (code) => /^(?:Digit|Numpad|Key)(.)$/.exec(code)?.[1] ?? { Minus: "-" }[code] ?? "";

function open(read) {
  const form = document.getElementById("global-search");
  if (!form) return;
  form.elements.q.value = read;
  form.requestSubmit();
}

// Nothing typed is left behind by accident: the same code once more, or the button, says that it is meant.
function offer(read) {
  const { textScanned, textOpen } = document.body.dataset;
  if (offered === read) return open(read);
  offered = read;
  toast(textScanned.replace("{code}", read), "warning", "scan", { label: textOpen, run: () => open(read) });
}

function scanned(read) {
  const event = new CustomEvent("scan", { detail: { text: read }, cancelable: true });
  if (!document.dispatchEvent(event)) return;
  if (unsavedForms().length) offer(read);
  else open(read);
}

function finish(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.target.matches?.("[data-scan]")) return;
  putBack();
  scanned(reading());
}

addEventListener(
  "keydown",
  (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !(target instanceof Element)) return;
    if (key === "Shift") return;
    const isFast = event.timeStamp - lastAt < BURST;
    lastAt = event.timeStamp;
    if (key === "Enter") {
      if (isFast && text.length >= SHORTEST && digits(reading()) >= FEWEST_DIGITS) finish(event);
      text = codes = "";
    } else if (key.length === 1) {
      if (!isFast || !text) {
        text = codes = "";
        putBack = snapshot(target);
      }
      text += key;
      codes += characterOf(event.code);
    } else {
      text = codes = ""; // a person going on to the next field, or mending a letter
    }
  },
  true,
);
