"use strict";
// Pages are whole without this script. It keeps rows, figures and ages live, copies, and switches
// the theme. One event stream a page tells of new blocks; what changed is then asked for anew.

const ages = () => {
  const now = Date.now();
  for (const one of document.querySelectorAll("time[data-age]")) {
    const seconds = Math.max(0, Math.floor((now - Date.parse(one.dateTime)) / 1000));
    const [size, word] = [[86400, "d"], [3600, "h"], [60, "m"]].find(([s]) => seconds >= s) ?? [1, "s"];
    one.textContent = `${Math.floor(seconds / size)}${word} ago`;
  }
};

// Put the new page's live parts in place of the old ones; rows that were not there are marked.
const renew = (next) => {
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = next.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!fresh || fresh.isEqualNode(part) || part.contains(document.activeElement)) continue;
    const known = new Set([...part.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
    for (const row of fresh.querySelectorAll("[data-key]")) {
      if (known.size && !known.has(row.dataset.key)) row.classList.add("fresh");
    }
    part.replaceWith(document.adoptNode(fresh));
  }
  ages();
};

let busy = false;
let again = false;
const refresh = async () => {
  if (document.hidden) return;
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.ok) renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch { /* the node is away: the dot says so */ }
  busy = false;
  if (again) { again = false; refresh(); }
};

const follow = () => {
  if (!document.querySelector("[data-live]:not([data-live=chip])")) return;
  const dot = () => document.querySelector(".chip .dot");
  const source = new EventSource("/v1/stream?topics=blocks");
  let seen = false;
  source.addEventListener("block", () => { seen = true; refresh(); });
  source.addEventListener("open", () => { if (seen) refresh(); });
  source.addEventListener("error", () => dot()?.classList.add("bad"));
  document.addEventListener("visibilitychange", refresh);
};

document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-copy], [data-theme-switch]");
  if (!target) return;
  if (target.dataset.copy !== undefined) {
    await navigator.clipboard?.writeText(target.dataset.copy);
    const text = target.textContent;
    target.textContent = "copied";
    setTimeout(() => { target.textContent = text; }, 1200);
    return;
  }
  const root = document.documentElement;
  const isDark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* only for this page then */ }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")) return;
  event.preventDefault();
  document.querySelector("#search")?.focus();
});

// What the box would lead to, while somebody types.
const offer = async (box, list) => {
  const typed = box.value.trim();
  const answer = typed.length < 3 ? null : await fetch(`/search/suggest?q=${encodeURIComponent(typed)}`);
  if (box.value.trim() !== typed) return;
  const offers = answer?.ok ? await answer.json() : [];
  list.replaceChildren(...offers.filter((one) => one.value !== typed).map((one) => {
    const option = document.createElement("option");
    option.value = one.value;
    option.label = one.label;
    return option;
  }));
};

let pause = 0;
document.querySelector("#search")?.addEventListener("input", (event) => {
  const box = event.target;
  clearTimeout(pause);
  pause = setTimeout(() => offer(box, box.list).catch(() => { /* no offers then */ }), 200);
});

for (const one of document.querySelectorAll("[data-script]")) one.hidden = false;
ages();
setInterval(ages, 1000);
follow();
