// Shared by all tabs of this browser, so that they hold one event stream together.
import { connect } from "./live-source.js";

const REPLAY = 60_000;
const ports = new Set();
const recent = [];
let state = "connecting";
let started = false;

function tell(message) {
  if (message.state) state = message.state;
  if (message.topics) {
    recent.push({ at: Date.now(), message });
    while (recent[0].at < Date.now() - REPLAY) recent.shift();
  }
  for (const port of ports) port.postMessage(message);
}

// A page tells when it was rendered, and hears what it may have missed since.
function welcome(port, { url, since }) {
  ports.add(port);
  port.postMessage({ state });
  for (const { at, message } of recent) if (at >= since) port.postMessage(message);
  if (!started) {
    started = true;
    connect(url, tell);
  }
}

self.addEventListener("connect", (event) => {
  const [port] = event.ports;
  port.addEventListener("message", ({ data }) => (data.leave ? ports.delete(port) : welcome(port, data)));
  port.start();
});
