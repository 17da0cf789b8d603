// Requests of the compare page: as the labeler whom the page was made for, or not at all.

const PATIENCE_MS = 20_000;
const KEEPALIVE_MOST = 60_000; // the browser's own limit is 64 KiB for all that are under way

/** @returns {string} the token as the cookie has it now: signing in again changes it */
export function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}

/** @typedef {{status: number, ok: boolean, data: any, text: string, after: number}} Reply */

/**
 * @param {string} url
 * @param {{labeler: string, body?: string, fragment?: boolean, outlive?: boolean}} options a body makes it a
 *   POST; `fragment` asks for HTML, else the reply is JSON; `outlive`: sent even if the tab is closed
 * @returns {Promise<Reply | null>} null if nothing answered
 */
export async function ask(url, { labeler, body, fragment = false, outlive = false }) {
  /** @type {Record<string, string>} */
  const headers = { "X-Labeler": labeler, Accept: fragment ? "text/html" : "application/json" };
  if (fragment) headers["HX-Request"] = "true";
  if (body !== undefined) {
    headers["X-CSRFToken"] = csrfToken();
    headers["Content-Type"] = "application/x-www-form-urlencoded";
  }
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const keepalive = outlive && (body ?? "").length < KEEPALIVE_MOST;
  const method = body === undefined ? "GET" : "POST";
  try {
    const reply = await fetch(url, { method, headers, body, signal, keepalive, redirect: "manual" });
    const text = await reply.text();
    const after = Number(reply.headers.get("Retry-After")) || 0;
    return { status: reply.status, ok: reply.ok, text, data: fragment ? null : parsed(text), after };
  } catch {
    return null;
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a page of some proxy's
  }
}
