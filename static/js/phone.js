// A ticket's page: asks every few seconds whether its place changed. Most answers are "304, no".
const EVERY = 5_000;
const HIDDEN = 15_000;
const OVER = 60_000;
const LONGEST = 40_000;
const { placeUrl } = document.body.dataset;
const title = document.title;
const lost = document.getElementById("lost");
let tag = "";
let fails = 0;
let timer = 0;

const place = () => document.getElementById("place");

async function ask() {
  clearTimeout(timer);
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(placeUrl, { headers, cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(10_000) });
    if (answer.status === 404) return location.reload();
    if (answer.status === 200) show(await answer.text(), answer.headers.get("ETag"));
    else if (answer.status !== 304) throw new Error(answer.status);
    fails = 0;
  } catch {
    fails += 1;
  }
  lost.hidden = fails < 2;
  timer = setTimeout(ask, pause());
}

// A little apart from each other, so that the phones of a full waiting room do not ask all at once.
function pause() {
  let usual = document.hidden ? HIDDEN : EVERY;
  if ("over" in place().dataset) usual = OVER;
  return Math.min(usual * 2 ** fails, Math.max(usual, LONGEST)) * (0.9 + Math.random() / 5);
}

function show(html, fresh) {
  tag = fresh ?? "";
  const next = new DOMParser().parseFromString(html, "text/html").getElementById("place");
  const before = place().dataset;
  const isCall = next.dataset.state === "called" && (before.state !== "called" || before.calls !== next.dataset.calls);
  if (place().outerHTML !== next.outerHTML) place().replaceWith(document.adoptNode(next));
  mark();
  if (isCall) navigator.vibrate?.([400, 200, 400]);
}

function mark() {
  const { state } = place().dataset;
  document.title = state === "called" ? `● ${place().innerText.split("\n").filter(Boolean).slice(0, 2).join(" · ")}` : title;
}

document.addEventListener("visibilitychange", () => document.hidden || ask());
mark();
timer = setTimeout(ask, pause());
