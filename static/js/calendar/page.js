// The calendar: columns of a day or a week with the appointments of the page's days. The day sheet beside it says and
// does the same without a mouse and without script.
import { startCursor } from "./cursor.js";
import { contentOf } from "./event.js";
import { openDialog } from "./opener.js";
import { fitRoles } from "./roles.js";
import "./toolbar.js";
import { clockOf, dayOf, minutesBetween } from "./times.js";

const SLOT_MINUTES = 10;
const SNAP_MINUTES = 5;
const SLOT_HEIGHT = 17;

const root = document.getElementById("calendar");
const page = JSON.parse(root.dataset.page);
let cursor;

async function read() {
  const answer = await fetch(page.eventsUrl, { headers: { Accept: "application/json" }, cache: "no-store" });
  // Signed out meanwhile, or away: what stands there stays, and the live state says that it is old.
  if (!answer.ok || answer.redirected) return;
  const { events } = await answer.json();
  calendar.setOption("events", events);
  cursor.use(events.filter((event) => event.display !== "background"));
}

// What a dragged appointment would become is asked first; whatever the answer was, the truth is read again.
function propose({ event, newResource, revert }) {
  const { moveUrl, moveTitle } = event.extendedProps;
  openDialog(moveUrl, moveTitle, {
    day: dayOf(event.start),
    time: clockOf(event.start),
    minutes: minutesBetween(event.start, event.end),
    column: newResource?.id,
  }, () => read().catch(revert));
}

function book(day, time, column) {
  if (page.bookUrl) openDialog(page.bookUrl, page.texts.book, { day, time, column });
}

function show(event) {
  openDialog(event.extendedProps.url, event.extendedProps.dialogTitle);
}

function heading({ resource }) {
  const column = page.columns.find((each) => each.id === resource.id);
  const link = document.createElement("a");
  link.href = column.url;
  link.textContent = column.title;
  const note = document.createElement("span");
  note.className = "calendar-column-note";
  note.textContent = column.note;
  return { domNodes: column.note ? [link, note] : [link] };
}

const calendar = EventCalendar.create(root, {
  view: page.view === "week" ? "resourceTimeGridWeek" : "resourceTimeGridDay",
  date: page.day,
  firstDay: page.firstDay,
  locale: document.documentElement.lang,
  timeZone: page.offset,
  resources: page.columns,
  datesAboveResources: page.columns.length > 1,
  columnWidth: page.columns.length > 1 ? "minmax(8rem, 1fr)" : "minmax(0, 1fr)",
  headerToolbar: { start: "", center: "", end: "" },
  allDaySlot: false,
  nowIndicator: true,
  height: "100%",
  slotDuration: { minutes: SLOT_MINUTES },
  snapDuration: { minutes: SNAP_MINUTES },
  slotLabelInterval: { minutes: 60 },
  slotHeight: SLOT_HEIGHT,
  slotMinTime: page.opens,
  slotMaxTime: page.closes,
  scrollTime: page.scrollTo,
  slotEventOverlap: false,
  eventTimeFormat: { hour: "2-digit", minute: "2-digit" },
  slotLabelFormat: { hour: "2-digit", minute: "2-digit" },
  dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
  pointer: Boolean(page.bookUrl),
  editable: false,
  eventContent: contentOf,
  eventClassNames: ({ event }) => event.classNames ?? [],
  resourceLabelContent: heading,
  eventClick: ({ event }) => show(event),
  dateClick: ({ date, resource }) => book(dayOf(date), clockOf(date), resource?.id),
  eventDrop: propose,
  eventResize: propose,
  events: [],
});

fitRoles(root, page.texts.label);
cursor = startCursor(root, {
  page,
  slotHeight: SLOT_HEIGHT / SLOT_MINUTES,
  step: SLOT_MINUTES,
  book,
  show,
  move: (event, to) =>
    openDialog(event.extendedProps.moveUrl, event.extendedProps.moveTitle, to, read),
});
root.addEventListener("live", read);
document.body.addEventListener("appointments-changed", read);
read();
