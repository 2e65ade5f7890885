// A kiosk. Whoever walks away leaves nothing behind: it goes back to the start by itself. It never follows a link while
// the server does not answer, because nobody is there to close the browser's own error page.
const IDLE = { start: 10 * 60_000, ticket: 30_000, problem: 10_000 };
const FORM_IDLE = 45_000;
const RETRY = 5_000;
const MINUTE = 60_000;
const { start, seen, step } = document.body.dataset;
const lost = document.getElementById("lost");
const scan = document.querySelector("[data-scan]");
let idle = 0;
let isLeaving = false;

async function isThere() {
  try {
    const answer = await fetch(start, { method: "HEAD", cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(8_000) });
    lost.hidden = answer.status < 500;
  } catch {
    lost.hidden = false;
  }
  return lost.hidden;
}

async function begin() {
  if (isLeaving) return;
  if (await isThere()) location.replace(start);
  else setTimeout(begin, RETRY);
}

function touched() {
  clearTimeout(idle);
  idle = setTimeout(begin, IDLE[step] ?? FORM_IDLE);
}

async function follow(event) {
  const link = event.target.closest("a[href]");
  if (!link) return;
  event.preventDefault();
  if (isLeaving) return;
  isLeaving = true;
  if (await isThere()) location.assign(link.href);
  else isLeaving = false;
}

async function send(event) {
  event.preventDefault();
  if (isLeaving) return;
  isLeaving = true;
  const { target: form, submitter } = event;
  submitter?.setAttribute("aria-disabled", "true");
  if (await isThere()) {
    if (submitter?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: submitter.name, value: submitter.value }));
    form.submit();
    return;
  }
  submitter?.removeAttribute("aria-disabled");
  isLeaving = false;
}

// The scanner types wherever the focus is: on the start page that is its own field.
function keepFocus() {
  if (scan && document.activeElement !== scan) scan.focus({ preventScroll: true });
}

const keypad = document.getElementById("keypad");
const boxes = [...document.querySelectorAll("[data-keypad=box]")];
let field = document.querySelector("[data-keypad][aria-invalid=true]") ?? document.querySelector("[data-keypad]");
// Whether the next digit replaces what stands in the field: it was chosen, and nothing typed into it since.
let isFresh = true;

function choose(each) {
  if (field !== each) isFresh = true;
  field = each;
  for (const button of keypad.querySelectorAll("[data-pad]")) button.hidden = button.dataset.pad !== field.dataset.keypad;
}

function goTo(box) {
  if (!box) return;
  box.focus({ preventScroll: true });
  box.select();
}

const neighbour = (box, step) => boxes[boxes.indexOf(box) + step];

// A digit that no longer fits a box begins the next one: 3 5 1980 needs no other key, nor does 24121980.
function isFull(box) {
  return (digit) => box.value.length >= box.maxLength || Number(box.value + digit) > Number(box.dataset.largest);
}

function typeInto(box, digit) {
  if (isFresh) box.value = digit;
  else if (!isFull(box)(digit)) box.value += digit;
  else if (neighbour(box, 1) && !neighbour(box, 1).value) {
    goTo(neighbour(box, 1));
    field.value = digit;
  }
  isFresh = false;
}

function erase() {
  if (!field.value && neighbour(field, -1) && field.dataset.keypad === "box") goTo(neighbour(field, -1));
  field.value = field.value.slice(0, -1);
  isFresh = false;
}

function press(event) {
  const button = event.target.closest("button");
  if (!button || !field) return;
  if ("keyNext" in button.dataset) {
    goTo(neighbour(field, 1) ?? boxes[0]);
    return;
  }
  if ("keyErases" in button.dataset) erase();
  else if (field.dataset.keypad === "box") typeInto(field, button.dataset.keyTypes);
  else field.value = (field.value + button.dataset.keyTypes).slice(0, 20);
  field.focus({ preventScroll: true });
}

// The same from a keyboard: a stroke, dot or space goes on to the next box, erasing an empty one goes back.
function typed(event) {
  const { target: box, key } = event;
  const isDigit = /^[0-9]$/.test(key);
  const isSelected = box.selectionStart !== box.selectionEnd;
  if (/^[-/., ]$/.test(key)) {
    event.preventDefault();
    if (box.value) goTo(neighbour(box, 1));
  } else if (isDigit && !isSelected && isFull(box)(key) && neighbour(box, 1) && !neighbour(box, 1).value) {
    event.preventDefault();
    goTo(neighbour(box, 1));
    field.value = key;
    isFresh = false;
  } else if (key === "Backspace" && !box.value && neighbour(box, -1)) {
    event.preventDefault();
    goTo(neighbour(box, -1));
  }
}

document.addEventListener("click", follow);
document.addEventListener("submit", send);
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, touched);
for (const each of document.querySelectorAll("[data-keypad]")) {
  each.addEventListener("focus", () => choose(each));
  each.addEventListener("pointerdown", () => (isFresh = true));
  each.addEventListener("input", () => (isFresh = false));
}
for (const box of boxes) box.addEventListener("keydown", typed);
keypad?.addEventListener("click", press);
field?.focus();
document.getElementById("print")?.addEventListener("click", () => print());
document.addEventListener("contextmenu", (event) => event.preventDefault());
addEventListener("pageshow", (event) => event.persisted && begin());
if (scan) {
  document.addEventListener("pointerup", () => setTimeout(keepFocus, 0));
  keepFocus();
}
if ("print" in document.body.dataset) print();
const beat = () => fetch(seen, { method: "POST", credentials: "omit" }).catch(() => {});
setInterval(beat, MINUTE);
if (step === "start") beat();
touched();
