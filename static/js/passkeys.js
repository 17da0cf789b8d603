// @ts-check
/**
 * Passkeys: forms with `data-passkey` ask the browser for one and post what it gives.
 *
 * `data-passkey="create"` makes a new one, "get" uses one; `data-options` is the id of the element
 * that holds the server's options as JSON, `data-options-url` where they are fetched from.
 * Binary values travel as base64url, as WebAuthn's own JSON form has it.
 */

/** @param {string} text */
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

/** @param {ArrayBuffer | null} buffer */
const text = (buffer) =>
  buffer === null
    ? null
    : btoa(String.fromCharCode(...new Uint8Array(buffer)))
        .replaceAll("+", "-")
        .replaceAll("/", "_")
        .replaceAll("=", "");

/** @param {any[]} list */
const descriptors = (list) => list.map((each) => ({ ...each, id: bytes(each.id) }));

/** @param {any} options @param {boolean} passwordless */
async function create(options, passwordless) {
  const { publicKey } = structuredClone(options);
  publicKey.challenge = bytes(publicKey.challenge);
  publicKey.user.id = bytes(publicKey.user.id);
  publicKey.excludeCredentials = descriptors(publicKey.excludeCredentials ?? []);
  const selection = (publicKey.authenticatorSelection ??= {});
  selection.residentKey = passwordless ? "required" : "discouraged";
  selection.requireResidentKey = passwordless;
  if (passwordless) selection.userVerification = "required";
  const made = /** @type {any} */ (await navigator.credentials.create({ publicKey }));
  return {
    ...common(made),
    response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports?.() ?? [],
    },
  };
}

/** @param {any} options */
async function get(options) {
  const { publicKey } = structuredClone(options);
  publicKey.challenge = bytes(publicKey.challenge);
  publicKey.allowCredentials = descriptors(publicKey.allowCredentials ?? []);
  const used = /** @type {any} */ (await navigator.credentials.get({ publicKey }));
  return {
    ...common(used),
    response: {
      clientDataJSON: text(used.response.clientDataJSON),
      authenticatorData: text(used.response.authenticatorData),
      signature: text(used.response.signature),
      userHandle: text(used.response.userHandle),
    },
  };
}

/** @param {any} credential */
const common = (credential) => ({
  type: credential.type,
  id: credential.id,
  rawId: text(credential.rawId),
  authenticatorAttachment: credential.authenticatorAttachment ?? null,
  clientExtensionResults: credential.getClientExtensionResults(),
});

/** @param {HTMLFormElement} form */
async function options(form) {
  const url = form.dataset.optionsUrl;
  if (url) {
    const reply = await fetch(url, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
    if (!reply.ok) throw new Error(`status ${reply.status}`);
    return (await reply.json()).request_options;
  }
  const data = JSON.parse(document.getElementById(form.dataset.options ?? "")?.textContent ?? "{}");
  return data.creation_options ?? data.request_options;
}

/** @param {HTMLFormElement} form */
function wire(form) {
  const failed = form.querySelector("[data-passkey-failed]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (failed instanceof HTMLElement) failed.hidden = true;
    try {
      const passwordless = form.elements.namedItem("passwordless");
      const wanted = passwordless instanceof HTMLInputElement && passwordless.checked;
      const asked = await options(form);
      const credential = form.dataset.passkey === "create" ? await create(asked, wanted) : await get(asked);
      const field = form.elements.namedItem("credential");
      if (field instanceof HTMLInputElement) field.value = JSON.stringify(credential);
      form.submit();
    } catch {
      // Refused, timed out or no such passkey: browsers do not tell them apart, on purpose.
      if (failed instanceof HTMLElement) failed.hidden = false;
    }
  });
}

// Browsers know passkeys of names only, and on safe connections: not of bare addresses.
const possible = window.PublicKeyCredential !== undefined && !/^[\d.]+$|^\[/.test(location.hostname);
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (form instanceof HTMLFormElement) wire(form);
}
for (const part of document.querySelectorAll("[data-needs-passkeys]")) {
  if (part instanceof HTMLElement) part.hidden = !possible;
}
for (const part of document.querySelectorAll("[data-without-passkeys]")) {
  if (part instanceof HTMLElement) part.hidden = possible;
}
