// Calls, one after another: the chime, then the ticket in each language by the browser's own voices. Only voices that
// need no network are used; where there is none for a language, the chime alone calls.
import { chime } from "./chime.js";

const CHIME = 1_900;
const LONGEST = 20_000;
const MOST = 8;
const speech = self.speechSynthesis;
let line = Promise.resolve();
let waiting = 0;

const base = (tag) => tag.toLowerCase().split(/[-_]/)[0];
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
const local = () => (speech?.getVoices() ?? []).filter((voice) => voice.localService);

/** The languages this browser speaks without a network, such as ["en", "fr"]. */
export const languages = () => [...new Set(local().map((voice) => base(voice.lang)))];

/** Tell `tell` once voices were found, and again when they change. */
export function onVoices(tell) {
  speech?.addEventListener("voiceschanged", tell);
}

/** Call when those before have been called: {withChime, texts: [{lang, text}]}. */
export function announce(call) {
  const texts = waiting < MOST ? call.texts : [];
  waiting += 1;
  line = line.then(() => perform(call.withChime, texts)).catch(() => {}).finally(() => (waiting -= 1));
}

async function perform(withChime, texts) {
  if (withChime) {
    // Where the browser has no sound at all, the next call is not kept waiting for it.
    const over = pause(CHIME);
    chime().catch(() => {});
    await over;
  }
  for (const { lang, text } of texts) await say(lang, text);
}

function say(lang, text) {
  const voices = local().filter((voice) => base(voice.lang) === lang);
  const voice = voices.find((each) => each.default) ?? voices[0];
  if (!voice) return undefined;
  return new Promise((resolve) => {
    const words = Object.assign(new SpeechSynthesisUtterance(text), { voice, lang: voice.lang, rate: 0.9 });
    // Some voices never say that they have ended.
    const timer = setTimeout(end, LONGEST);
    function end() {
      clearTimeout(timer);
      speech.cancel();
      resolve();
    }
    words.addEventListener("end", end);
    words.addEventListener("error", end);
    speech.speak(words);
  });
}
