// A two-tone chime without a sound file. Browsers allow sound after a tap, or at once when started for a kiosk
// (Chromium: --autoplay-policy=no-user-gesture-required).
let context;
let startedByItself = false;

function wake() {
  context ??= new AudioContext();
  return context.resume();
}

export const isSoundOn = () => context?.state === "running";
export const soundNeedsTap = () => !startedByItself;

function tone(frequency, at, seconds) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = "sine";
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.exponentialRampToValueAtTime(0.5, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}

/** Play the chime; silent where the browser does not allow sound yet. */
export async function chime() {
  if (!isSoundOn() && !navigator.userActivation?.hasBeenActive) return;
  await wake();
  tone(784, context.currentTime, 0.9);
  tone(587, context.currentTime + 0.45, 1.4);
}

// Does this browser start sound without a tap?
wake().then(() => (startedByItself = !navigator.userActivation?.hasBeenActive));
