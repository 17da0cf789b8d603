// The switch between light and dark, and menus that close when one clicks elsewhere.

const KEY = "concord:theme";
const root = document.documentElement;

/** @param {string} theme */
function show(theme) {
  root.dataset.bsTheme = theme;
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.setAttribute("aria-pressed", String(theme === "dark"));
  }
}

show(root.dataset.bsTheme ?? "light");

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  if (target.closest("[data-theme-switch]")) {
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    show(theme);
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // not remembered, but shown
    }
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.removeAttribute("open");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.removeAttribute("open");
    /** @type {HTMLElement | null} */ (menu.querySelector("summary"))?.focus();
  }
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
  let chosen = null;
  try {
    chosen = localStorage.getItem(KEY);
  } catch {
    // nothing chosen
  }
  if (!chosen) show(event.matches ? "dark" : "light");
});
