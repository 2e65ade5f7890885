// One event stream with reconnection. Tells {state: "connecting" | "live" | "lost"} and {topics: [...]}.
// A short gap (the server ends streams now and then) is not told as lost; after every gap {topics: ["all"]} says that
// anything may have changed.
const PATIENCE = 4_000;
const SILENCE = 40_000;
const LONGEST_RETRY = 30_000;

export function connect(url, tell) {
  let source;
  let lostTimer = 0;
  let silenceTimer = 0;
  let retry = 2_000;

  // The server's pings show that the line is alive; silence after the first of them means a dead line.
  function pinged() {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(reopen, SILENCE);
  }

  function opened() {
    clearTimeout(lostTimer);
    lostTimer = 0;
    retry = 2_000;
    tell({ state: "live" });
    tell({ topics: ["all"] });
  }

  function failed() {
    lostTimer ||= setTimeout(() => tell({ state: "lost" }), PATIENCE);
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(silenceTimer);
    setTimeout(open, retry * (0.75 + Math.random() / 2));
    retry = Math.min(retry * 2, LONGEST_RETRY);
  }

  function reopen() {
    source.close();
    failed();
  }

  function open() {
    source = new EventSource(url);
    source.addEventListener("open", opened);
    source.addEventListener("error", failed);
    source.addEventListener("ping", pinged);
    source.addEventListener("message", (event) => tell({ topics: JSON.parse(event.data).topics }));
  }

  open();
  self.addEventListener("offline", reopen);
}
