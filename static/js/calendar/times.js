// Times of the calendar are the clinic's own wall clock: "2026-11-23T09:15:00", or a Date whose local parts say so.
const two = (number) => String(number).padStart(2, "0");

export const dayOf = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
export const clockOf = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
export const minutesBetween = (start, end) => Math.round((end - start) / 60_000);

/** Minutes since midnight of "2026-11-23T09:15:00" or "09:15". */
export function minutesOf(text) {
  const [hours, minutes] = text.split("T").at(-1).split(":");
  return Number(hours) * 60 + Number(minutes);
}

export const clock = (minutes) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
