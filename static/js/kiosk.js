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
let field = document.querySelector("[data-keypad][aria-invalid=true]") ?? document.querySelector("[data-keypad]");

function press(event) {
  const button = event.target.closest("button");
  if (!button || !field) return;
  const typed = "keyErases" in button.dataset ? field.value.replace(/\D?.$/, "") : field.value + button.dataset.keyTypes;
  field.value = field.dataset.keypad === "date" ? dated(typed) : typed.slice(0, 20);
  field.focus({ preventScroll: true });
}

// 24121980 becomes 24/12/1980 while it is typed.
function dated(typed) {
  const digits = typed.replace(/\D/g, "").slice(0, 8);
  return [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)].filter(Boolean).join("/");
}

document.addEventListener("click", follow);
document.addEventListener("submit", send);
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, touched);
for (const each of document.querySelectorAll("[data-keypad]")) each.addEventListener("focus", () => (field = each));
document.querySelector("[data-keypad=date]")?.addEventListener("input", ({ target, inputType }) => inputType?.startsWith("delete") || (target.value = dated(target.value)));
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
