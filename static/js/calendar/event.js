// What one appointment shows: who, what it has come to in words, when and what for.
const LINES_FROM = 20 * 60_000;

function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

export function contentOf({ event, timeText }) {
  if (event.display === "background") return { domNodes: [] };
  const { who, what, state } = event.extendedProps;
  const isShort = event.end - event.start < LINES_FROM;
  const first = part("span", "calendar-event-line", "");
  first.append(part("span", "calendar-event-who", who), " ", part("span", "calendar-event-state", state));
  first.title = `${timeText} ${who}, ${what}, ${state}`;
  return { domNodes: isShort ? [first] : [first, part("span", "calendar-event-what", `${timeText} ${what}`)] };
}
