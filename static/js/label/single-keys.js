// Whether single keys work anywhere on the page. People who speak to their computer switch it off.

const STORED = "concord:single-keys";

export function singleKeys() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

/** Let the box on the page show it and change it. */
export function singleKeysSwitch() {
  const box = document.getElementById("single-keys");
  if (!(box instanceof HTMLInputElement)) return;
  box.closest("[hidden]")?.removeAttribute("hidden");
  box.checked = singleKeys();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(STORED, box.checked ? "on" : "off");
    } catch {
      // holds for this page only
    }
  });
}
