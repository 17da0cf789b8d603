// Points in time as the reader's clock shows them; without this script pages say them in UTC.

const WORDS = new Intl.DateTimeFormat(document.documentElement.lang, {
  dateStyle: "medium",
  timeStyle: "short",
});

for (const time of document.querySelectorAll("time[data-local]")) {
  const when = new Date(/** @type {HTMLTimeElement} */ (time).dateTime);
  if (!Number.isNaN(when.getTime())) time.textContent = WORDS.format(when);
}
