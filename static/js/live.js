// Live pages: an element with data-live-topics="queue:3 patients" gets the htmx event "live" when one of them changed
// (hx-trigger="live"). While the connection is lost every such element refreshes itself now and then.
import { connect } from "./live-source.js";
import { toast } from "./toasts.js";

const CALM = 150;
const POLL = 20_000;
const pending = new Map();
let state = "connecting";
let poll = 0;

const matches = (topic, wanted) =>
  topic === "all" || topic === wanted || topic.startsWith(`${wanted}:`) || wanted.startsWith(`${topic}:`);

// At once for the first event, then at most once per CALM; a hidden tab catches up when it is shown.
function refresh(element) {
  if (pending.has(element)) {
    pending.set(element, true);
    return;
  }
  if (document.hidden) {
    element.dataset.liveStale = "";
    return;
  }
  delete element.dataset.liveStale;
  pending.set(element, false);
  htmx.trigger(element, "live");
  setTimeout(() => {
    const again = pending.get(element);
    pending.delete(element);
    if (again && element.isConnected) refresh(element);
  }, CALM);
}

function changed(topics) {
  for (const element of document.querySelectorAll("[data-live-topics]")) {
    const wanted = element.dataset.liveTopics.split(/\s+/);
    if (topics.some((topic) => wanted.some((each) => matches(topic, each)))) refresh(element);
  }
}

function showState(next) {
  const { textLost, textBack } = document.body.dataset;
  const isNeeded = document.querySelector("[data-live-topics]");
  if (isNeeded && next === "lost" && state !== "lost") toast(textLost, "warning", "live");
  if (isNeeded && next === "live" && state === "lost") toast(textBack, "success", "live");
  state = next;
  clearInterval(poll);
  if (state === "lost") poll = setInterval(() => changed(["all"]), POLL);
  for (const pill of document.querySelectorAll("[data-live-state]")) {
    pill.hidden = false;
    pill.dataset.liveState = state;
    pill.textContent = pill.dataset[state];
  }
}

function heard(message) {
  if (message.state) showState(message.state);
  if (message.topics) changed(message.topics);
}

function start(url, workerUrl) {
  showState("connecting");
  if (!globalThis.SharedWorker) return connect(url, heard);
  const worker = new SharedWorker(workerUrl, { type: "module", name: "clinic-live" });
  worker.addEventListener("error", () => connect(url, heard), { once: true });
  worker.port.addEventListener("message", ({ data }) => heard(data));
  worker.port.start();
  const hello = () => worker.port.postMessage({ url, since: performance.timeOrigin });
  hello();
  addEventListener("pagehide", () => worker.port.postMessage({ leave: true }));
  addEventListener("pageshow", (event) => event.persisted && hello());
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) document.querySelectorAll("[data-live-stale]").forEach(refresh);
});

const { liveUrl, liveWorker } = document.body.dataset;
if (liveUrl) start(new URL(liveUrl, location.href).href, liveWorker);
