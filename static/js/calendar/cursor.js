// The keyboard in the calendar: one button that arrow keys move from time to time and from column to column. Enter
// books the free time or opens the appointment under it; with Alt held, the arrows move that appointment.
import { clock, minutesOf } from "./times.js";

const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

export function startCursor(root, { page, slotHeight, step, book, show, move }) {
  const opens = minutesOf(page.opens);
  const closes = minutesOf(page.closes);
  const places = page.days.flatMap((day) => page.columns.map((column) => ({ day, column })));
  const button = document.createElement("button");
  button.type = "button";
  button.className = "calendar-cursor";
  button.dataset.key = "s";
  button.dataset.keyLabel = page.texts.cursor;
  const voice = document.createElement("span");
  voice.className = "sr-only";
  voice.setAttribute("aria-live", "polite");
  let events = [];
  let place = 0;
  let at = minutesOf(page.scrollTo);

  const here = () => places[place];
  const under = () =>
    events.find(
      (event) =>
        event.start.startsWith(here().day) &&
        event.resourceIds.includes(here().column.id) &&
        minutesOf(event.start) <= at &&
        at < minutesOf(event.end),
    );

  function draw() {
    const day = root.querySelectorAll(".ec-body > .ec-grid > .ec-day")[place];
    if (!day) return;
    const event = under();
    const from = event ? minutesOf(event.start) : at;
    const minutes = event ? minutesOf(event.end) - from : step;
    const frame = root.querySelector(".ec-body");
    const rows = day.getBoundingClientRect();
    const outer = frame.getBoundingClientRect();
    button.style.insetBlockStart = `${(from - opens) * slotHeight}px`;
    button.style.left = `${rows.left - outer.left}px`;
    button.style.inlineSize = `${rows.width}px`;
    button.style.blockSize = `${minutes * slotHeight}px`;
    const where = [clock(from), here().column.title, page.days.length > 1 ? here().day : ""].filter(Boolean).join(", ");
    const text = event ? `${where}: ${event.extendedProps.who}, ${event.extendedProps.what}, ${event.extendedProps.state}` : `${where}: ${page.texts.free}`;
    button.setAttribute("aria-label", text);
    if (document.activeElement === button) {
      voice.textContent = text;
      button.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  function go([columns, steps]) {
    const event = under();
    if (steps > 0) at = event ? minutesOf(event.end) : at + step;
    else if (steps < 0) at = (event ? minutesOf(event.start) : at) - step;
    at = Math.min(Math.max(at, opens), closes - step);
    place = Math.min(Math.max(place + columns, 0), places.length - 1);
    draw();
  }

  // Proposed, not done: the dialog says what it means and can be changed there.
  function carry([columns, steps]) {
    const event = under();
    if (!event?.startEditable) return;
    const target = places[Math.min(Math.max(place + columns, 0), places.length - 1)];
    move(event, {
      day: target.day,
      time: clock(minutesOf(event.start) + steps * step),
      minutes: minutesOf(event.end) - minutesOf(event.start),
      column: target.column.id,
    });
  }

  button.addEventListener("keydown", (event) => {
    const direction = STEPS[event.key];
    if (!direction || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    (event.altKey ? carry : go)(direction);
  });
  button.addEventListener("click", () => {
    // Its key from elsewhere only goes there.
    if (document.activeElement !== button) return button.focus();
    const event = under();
    if (event) show(event);
    else book(here().day, clock(at), here().column.id);
  });
  button.addEventListener("focus", draw);
  addEventListener("resize", draw);
  root.querySelector(".ec-body").append(button, voice);
  return {
    use(fresh) {
      events = fresh;
      draw();
    },
  };
}
