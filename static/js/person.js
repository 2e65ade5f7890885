// Whether somebody is at the computer: the server lets a session run out unless a person did something. What a page asks
// for by itself (live parts, polls, uploads) says nothing of a person, whatever its method.
const HEADER = "Clinic-Person";
// The server notes it once a minute; what somebody did longer ago than that is no news.
const FRESH = 60_000;
// Most acts send a request of their own, which then carries the header.
const PATIENCE = 1_000;
let actedAt = -Infinity;
let toldAt = -Infinity;
let timer = 0;

function told() {
  clearTimeout(timer);
  timer = 0;
  toldAt = performance.now();
}

function tell() {
  told();
  const headers = { [HEADER]: "1" };
  fetch(document.body.dataset.present, { headers, cache: "no-store", redirect: "manual", keepalive: true }).catch(() => {});
}

function acted(event) {
  // What a script made up, and a key that something lies on, is no person.
  if (!event.isTrusted || event.repeat) return;
  actedAt = performance.now();
  if (actedAt - toldAt > FRESH) timer ||= setTimeout(tell, PATIENCE);
}

for (const name of ["keydown", "pointerdown", "touchstart", "click"]) {
  addEventListener(name, acted, { capture: true, passive: true });
}

document.addEventListener("htmx:configRequest", (event) => {
  if (performance.now() - actedAt > FRESH) return;
  event.detail.headers[HEADER] = "1";
  told();
});

// Where the connection is not trusted (plain HTTP), browsers do not say that a person opened the next page.
addEventListener("pagehide", () => {
  if (timer) tell();
});
