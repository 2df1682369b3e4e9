// Light or dark: as the system has it, until the reader chooses.
(() => {
  const root = document.documentElement, button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  const show = () => {
    const dark = chosen === null ? system.matches : chosen;
    root.dataset.theme = dark ? "dark" : "light";
    button.setAttribute("aria-pressed", String(dark));
    root.dispatchEvent(new Event("themechange"));
  };
  button.addEventListener("click", () => { chosen = root.dataset.theme !== "dark"; show(); });
  system.addEventListener("change", show);
  show();
})();
