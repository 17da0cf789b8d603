// A page that waits for counts (`data-counting`) is loaded anew once it would show them. Without this
// script it is loaded by hand.

const SOON = 2000; // milliseconds; what takes long is asked for less and less often
const LATEST = 15_000;

async function follow() {
  for (let pause = SOON; ; pause = Math.min(pause * 1.4, LATEST)) {
    await new Promise((done) => setTimeout(done, pause));
    if (!document.hidden && (await isCounted())) {
      location.reload();
      return;
    }
  }
}

async function isCounted() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return false;
    const now = new DOMParser().parseFromString(await answer.text(), "text/html");
    return !now.querySelector("[data-counting]");
  } catch {
    return false; // the server is away for a moment
  }
}

if (document.querySelector("[data-counting]")) follow();
