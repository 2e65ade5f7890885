// Waiting times tick: <time data-since=ISO data-warn=15 data-late=30>, in the server's time, thresholds in minutes.
const EVERY = 15_000;
const skew = Date.parse(document.body.dataset.now) - Date.now() || 0;

function words(minutes) {
  const { textMinutes, textHours } = document.body.dataset;
  if (minutes < 60) return textMinutes.replace("{minutes}", minutes);
  return textHours.replace("{hours}", Math.floor(minutes / 60)).replace("{minutes}", minutes % 60);
}

function level(minutes, { warn, late }) {
  if (late && minutes >= Number(late)) return "late";
  return warn && minutes >= Number(warn) ? "warn" : "";
}

function tick() {
  for (const clock of document.querySelectorAll("time[data-since]")) {
    const passed = Date.now() + skew - Date.parse(clock.dataset.since);
    const minutes = Math.max(Math.floor(passed / 60_000), 0);
    const mark = level(minutes, clock.dataset);
    const text = words(minutes) + (mark === "late" ? ` · ${document.body.dataset.textLate}` : "");
    if (clock.textContent.trim() !== text) clock.textContent = text;
    if ((clock.dataset.level ?? "") !== mark) clock.dataset.level = mark;
  }
}

setInterval(tick, EVERY);
document.addEventListener("visibilitychange", tick);
tick();
