// Runs before anything is painted: the reader's own choice of light or dark, and that scripts run at all.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  try {
    const chosen = localStorage.getItem("headway-theme");
    if (chosen === "light" || chosen === "dark" || chosen === "auto") root.dataset.theme = chosen;
  } catch { /* storage is closed: the theme of the page holds */ }
})();
