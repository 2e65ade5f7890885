// Sizes, rates and times in the reader's language. Sentences come from the page.
const language = document.documentElement.lang || "en";
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const maximumFractionDigits = unit && value < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "unit", unit: UNITS[unit], unitDisplay: "short", maximumFractionDigits }).format(value);
}

export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");

// Bytes a second over the last few seconds.
export class Rate {
  #marks = [];

  note(sent) {
    const now = performance.now();
    this.#marks.push([now, sent]);
    while (this.#marks.length > 2 && now - this.#marks[0][0] > 5000) this.#marks.shift();
  }

  get perSecond() {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    const seconds = first ? (last[0] - first[0]) / 1000 : 0;
    return seconds > 0.3 ? Math.max(last[1] - first[1], 0) / seconds : 0;
  }
}
