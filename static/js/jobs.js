// Jobs under way: their bars follow what the REST API says, and the page is loaded anew when one
// has ended, for then there is a result to show. Without this script a page is loaded by hand.

const SOON = 1000; // milliseconds; a job that takes long is asked for less and less often
const LATEST = 10_000;
const OVER = new Set(["succeeded", "failed", "cancelled"]);

/** @param {HTMLElement} place */
async function follow(place) {
  const address = place.dataset.job ?? "";
  const bar = /** @type {HTMLProgressElement} */ (place.querySelector("progress"));
  const started = place.dataset.status;
  for (let pause = SOON; ; pause = Math.min(pause * 1.3, LATEST)) {
    await new Promise((done) => setTimeout(done, pause));
    if (document.hidden) continue;
    const job = await ask(address);
    if (!job) continue;
    bar.value = job.progress;
    if (job.status !== started) {
      location.reload();
      return;
    }
    await renew();
  }
}

/** Numbers beside the bar (`data-live`) are those of the page as it would be now. */
async function renew() {
  const places = document.querySelectorAll("[data-live]");
  if (!places.length) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const now = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = now.querySelectorAll("[data-live]");
    const bars = now.querySelectorAll("[data-job] progress");
    document.querySelectorAll("[data-job] progress").forEach((bar, at) => {
      bar.className = bars[at]?.className ?? "";
    });
    places.forEach((place, at) => {
      if (!place.contains(document.activeElement)) {
        place.replaceChildren(...(fresh[at]?.childNodes ?? []));
      }
    });
  } catch {
    // The server is away for a moment: what was there stays.
  }
}

/** @param {string} address */
async function ask(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // the server is away for a moment
  }
}

for (const place of document.querySelectorAll("[data-job]")) {
  const element = /** @type {HTMLElement} */ (place);
  if (!OVER.has(element.dataset.status ?? "") && element.dataset.status !== "paused") follow(element);
}
