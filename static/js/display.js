// The waiting-room screen. Runs for days: it reads a small part of the page again whenever something changed, and all of
// it after a deploy and once a night. The server's clock rules; the browser's may be wrong.
import { connect } from "./live-source.js";
import { chime, isSoundOn, soundNeedsTap } from "./chime.js";
import { announce, languages, onVoices } from "./voice.js";

const CALM = 150;
const POLL = 10_000;
const MINUTE = 60_000;
const NEW_FOR = 15_000;
// Longer than the night's hours: a screen reloads once a night, whenever it was opened.
const RESTED = 3 * 60 * MINUTE;
const VOICES_AFTER = 3_000;
const NIGHT = [3, 4];

const { callsUrl, liveUrl, seenUrl, zone, version } = document.body.dataset;
const language = document.documentElement.lang;
const byId = (id) => document.getElementById(id);
const openedAt = performance.now();
let skew = 0;
let known = keysOf(byId("calls"));
let busy = false;
let again = false;
let isStreamLost = false;
let isReadLost = false;

function keysOf(calls) {
  return new Set([...calls.querySelectorAll("[data-call]")].map((each) => each.dataset.call));
}

async function read() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  again = false;
  try {
    const answer = await fetch(callsUrl, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(8_000) });
    if (answer.status === 404) location.reload();
    if (!answer.ok) throw new Error(answer.status);
    show(new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("calls"));
    isReadLost = false;
  } catch {
    isReadLost = true;
  }
  showLost();
  setTimeout(() => {
    busy = false;
    if (again) read();
  }, CALM);
}

function show(fresh) {
  skew = Date.parse(fresh.dataset.now) - Date.now();
  const keys = keysOf(fresh);
  const added = [...keys].filter((key) => !known.has(key));
  known = keys;
  const speech = new Map([...fresh.querySelectorAll("[data-speech]")].map((each) => [each.dataset.call, JSON.parse(each.dataset.speech)]));
  for (const each of fresh.querySelectorAll("[data-call]")) each.classList.toggle("is-new", isNew(each, added));
  const old = byId("calls");
  if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...document.adoptNode(fresh).childNodes);
  old.dataset.chime = fresh.dataset.chime;
  old.dataset.voice = fresh.dataset.voice;
  old.dataset.version = fresh.dataset.version;
  // The call that was first is called out first.
  for (const key of added.reverse()) {
    const texts = speech.get(key) ?? [];
    if (fresh.dataset.chime || texts.length) announce({ withChime: Boolean(fresh.dataset.chime), texts });
  }
  for (const key of news.keys()) if (!keys.has(key)) news.delete(key);
  offerSound();
}

const news = new Map();
function isNew(element, added) {
  const { call } = element.dataset;
  if (added.includes(call)) news.set(call, Date.now());
  return Date.now() - (news.get(call) ?? 0) < NEW_FOR;
}

function showLost() {
  byId("lost").hidden = !isReadLost;
}

function tick() {
  const now = new Date(Date.now() + skew);
  const format = (options) => new Intl.DateTimeFormat(language, { ...options, timeZone: zone }).format(now);
  byId("clock").textContent = format({ hour: "2-digit", minute: "2-digit" });
  byId("clock").dateTime = now.toISOString();
  byId("date").textContent = format({ weekday: "long", day: "numeric", month: "long" });
}

// A sound that a tap allowed is lost by a reload, so such a screen waits for the night even after a deploy.
function reloadIfDue() {
  const hour = Number(new Intl.DateTimeFormat("en", { hour: "numeric", hourCycle: "h23", timeZone: zone }).format(Date.now() + skew));
  const isNight = NIGHT.includes(hour) && performance.now() - openedAt > RESTED;
  const isOld = byId("calls").dataset.version !== version;
  if (isReadLost || !(isNight || isOld)) return;
  if (isNight || !isSoundOn() || !soundNeedsTap()) location.reload();
}

function offerSound() {
  const { chime: hasChime, voice } = byId("calls").dataset;
  byId("sound").hidden = !(hasChime || voice) || isSoundOn();
}

async function stayAwake() {
  if (document.visibilityState !== "visible" || !navigator.wakeLock) return;
  try {
    await navigator.wakeLock.request("screen");
  } catch {
    // A device that refuses (low battery, not allowed) sleeps when it likes.
  }
}

// The set-up page says for which languages this browser has no voice.
function tellSeen() {
  const body = performance.now() - openedAt < VOICES_AFTER && !languages().length ? undefined : new URLSearchParams({ voices: languages() });
  fetch(seenUrl, { method: "POST", body, credentials: "omit" }).catch(() => {});
}

function heard(message) {
  if (message.state) isStreamLost = message.state === "lost";
  if (message.topics) read();
}

byId("sound").addEventListener("click", () => chime().then(offerSound));
document.addEventListener("visibilitychange", () => document.hidden || (stayAwake(), read()));
connect(new URL(liveUrl, location.href).href, heard);
setInterval(tick, 1_000);
setInterval(() => isStreamLost && read(), POLL);
setInterval(() => {
  read();
  reloadIfDue();
  tellSeen();
}, MINUTE);
onVoices(tellSeen);
tellSeen();
setTimeout(tellSeen, VOICES_AFTER);
skew = Date.parse(byId("calls").dataset.now) - Date.now();
tick();
offerSound();
stayAwake();
