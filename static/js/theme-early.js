// Before the first paint: the colours last chosen here, or those of the system.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("concord:theme");
  } catch {
    // storage is switched off: follow the system
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
  document.documentElement.dataset.bsTheme = theme;
})();
