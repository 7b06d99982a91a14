"use strict";
// Runs before anything is drawn, so that the reader's theme never flashes into the other one.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch { /* no storage: the system's theme it is */ }
