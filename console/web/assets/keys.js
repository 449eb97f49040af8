// Keys of every page. None acts on data: they lead somewhere, or freeze what moves.
const places = {
  ...{ o: "/", c: "/cases", r: "/review", s: "/stuck", i: "/inbox" },
  ...{ p: "/replay", w: "/what-if", a: "/audit", n: "/node" },
};
let wentAt = 0;

function isTyping({ target, ctrlKey, metaKey, altKey }) {
  return ctrlKey || metaKey || altKey ||
    target.closest("input, textarea, select, [contenteditable]") !== null;
}

function follow(selector) {
  const link = document.querySelector(selector);
  link?.click();
  return link !== null;
}

/** The row before or after the one that has the focus. */
function focusRow(step) {
  const rows = [...document.querySelectorAll("[data-row] a:first-of-type, a[data-row]")];
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.focus();
}

const acts = {
  "/": () => document.querySelector("[data-search]")?.focus(),
  f: () => document.dispatchEvent(new CustomEvent("zaakstroom:freeze")),
  j: () => focusRow(1),
  k: () => focusRow(-1),
  "[": () => follow("[data-newer]"),
  "]": () => follow("[data-older]"),
  ArrowLeft: () => follow("[data-previous]"),
  ArrowRight: () => follow("[data-next]"),
};

document.addEventListener("keydown", (event) => {
  if (isTyping(event)) return;
  const isGoing = event.timeStamp - wentAt < 1_500;
  wentAt = event.key === "g" ? event.timeStamp : 0;
  const place = isGoing ? places[event.key] : undefined;
  if (place !== undefined) location.assign(place);
  else if (Object.hasOwn(acts, event.key)) {
    if (event.key === "/") event.preventDefault();
    acts[event.key]();
  }
});
