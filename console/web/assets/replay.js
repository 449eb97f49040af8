// Plays the frames of the page: texts and attributes only, no HTML is made from what arrives.
const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector) => [...document.querySelectorAll(selector)];

const BARS = 120;
const SHOWN = 6;
const LONGEST_MS = 2_000;
const SHORTEST_MS = 40;

const slider = find("#replay-step");
const speed = find("#replay-speed");
const playButton = find("[data-play]");
const said = find("[data-said]");
// The slice as an address: of the latest events another one would begin elsewhere by now.
const film = new URLSearchParams(slider.form.dataset.film);
const response = await fetch(`?${film}`, { headers: { accept: "application/json" } });
const found = response.ok ? await response.json() : { frames: [], fields: {} };
const { fields } = found;
// What was stored since the page was made is not part of it.
const frames = found.frames.slice(0, Number(slider.max));

let step = Number(slider.value) - 1;
let timer;

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function showProcessor([name, { tone, text }]) {
  const item = find(`[data-processor="${CSS.escape(name)}"]`);
  const foot = find(".foot", item);
  foot.className = `foot ${tone}`;
  const [link, calm] = foot.children;
  link.hidden = tone === "quiet";
  calm.hidden = tone !== "quiet";
  setText(link, tone === "quiet" ? "" : text);
}

const caseAddress = ({ case_id, version }) => `/cases/${encodeURIComponent(case_id)}?v=${version}`;

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function happening(frame, i) {
  const { case_id, version, at, texts } = frame;
  const isLong = case_id.length > 14;
  const id = element("code", { title: isLong ? case_id : "" }, isLong ? `…${case_id.slice(-12)}` : case_id);
  return element(
    "li",
    { className: i === 0 ? "info current" : "info" },
    element("time", { dateTime: new Date(at).toISOString() }, texts.time),
    element("a", { className: "ring", href: caseAddress(frame) }, String(version)),
    element("div", {}, element("p", {}, element("b", {}, texts.what), " ", id)),
  );
}

function showState({ version, state, facts, ...frame }) {
  const section = find("[data-state]");
  if (section === null) return;
  Object.assign(section.dataset, { version, state });
  find("[data-facts]").replaceChildren(
    ...facts.map(([name, text]) =>
      element("tr", {}, element("th", { scope: "row" }, fields[name]), element("td", {}, text))
    ),
  );
  find("[data-open-case]").href = caseAddress({ ...frame, version });
}

function barOf({ at }) {
  const span = frames.at(-1).at - frames[0].at;
  return span <= 0 ? 0 : Math.min(BARS - 1, Math.floor((at - frames[0].at) / span * BARS));
}

function addressOf(to) {
  const address = new URLSearchParams(film);
  address.set("at", String(frames[to].position));
  return `?${address}`;
}

const targets = {
  first: () => 0,
  back: () => step - 1,
  forth: () => step + 1,
  last: () => frames.length - 1,
};

function showLinks() {
  for (const [name, target] of Object.entries(targets)) {
    const link = find(`[data-step="${name}"]`);
    const to = target();
    const isThere = to >= 0 && to < frames.length && to !== step;
    link.toggleAttribute("aria-disabled", !isThere);
    if (isThere) link.href = addressOf(to);
    else {
      link.removeAttribute("href");
      link.setAttribute("aria-disabled", "true");
    }
  }
}

function show(to) {
  step = Math.max(0, Math.min(frames.length - 1, to));
  const frame = frames[step];
  for (const each of findAll("[data-live]")) setText(each, frame.texts[each.dataset.live]);
  for (const [name, width] of Object.entries(frame.widths)) {
    find(`[data-stream="${CSS.escape(name)}"]`).setAttribute("stroke-width", width);
  }
  Object.entries(frame.feet).forEach(showProcessor);
  find("[data-happened]").replaceChildren(
    ...frames.slice(Math.max(0, step + 1 - SHOWN), step + 1).reverse().map(happening),
  );
  showState(frame);
  slider.value = String(step + 1);
  slider.setAttribute("aria-valuetext", frame.texts.step);
  const here = barOf(frame);
  for (const bar of findAll("[data-bar]")) bar.classList.toggle("done", Number(bar.dataset.bar) <= here);
  showLinks();
  // While it plays, a screen reader is not told of every event.
  if (timer === undefined) setText(said, frame.texts.status);
  document.documentElement.dataset.step = String(step + 1);
}

/** Where it is, as an address that can be handed on. */
function keepAddress() {
  history.replaceState(null, "", addressOf(step));
}

function stepTo(to) {
  pause();
  show(to);
  keepAddress();
}

function waitBefore(next) {
  if (speed.value === "each") return 1_000;
  const ms = (frames[next].at - frames[next - 1].at) / Number(speed.value);
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ms));
}

function playOn() {
  if (step >= frames.length - 1) return pause();
  timer = setTimeout(() => {
    show(step + 1);
    playOn();
  }, waitBefore(step + 1));
}

function play() {
  if (step >= frames.length - 1) show(0);
  document.documentElement.dataset.stream = "live";
  setText(find("span", playButton), playButton.dataset.pause);
  playOn();
}

function pause() {
  if (timer === undefined) return;
  clearTimeout(timer);
  timer = undefined;
  document.documentElement.dataset.stream = "frozen";
  setText(find("span", playButton), playButton.dataset.play);
  setText(said, frames[step].texts.status);
  keepAddress();
}

const toggle = () => timer === undefined ? play() : pause();

/** A link to a step of these frames leads there without another page. */
function follow(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("[data-step], [data-jump]");
  if (link === null) return;
  event.preventDefault();
  if (!link.hasAttribute("href")) return;
  stepTo(link.dataset.jump === undefined ? targets[link.dataset.step]() : Number(link.dataset.to));
}

const keys = {
  " ": toggle,
  ",": () => stepTo(step - 1),
  ".": () => stepTo(step + 1),
  Home: () => stepTo(0),
  End: () => stepTo(frames.length - 1),
  d: () => find('[data-jump="dead"]')?.click(),
  v: () => find('[data-jump="difference"]')?.click(),
};

function onKey(event) {
  const { target, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey || target.closest("input, textarea, select, button, summary")) return;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
}

if (frames.length > 0) {
  playButton.hidden = false;
  find("[data-speed]").hidden = false;
  find("[data-go]").hidden = true;
  playButton.addEventListener("click", toggle);
  slider.addEventListener("input", () => stepTo(Number(slider.value) - 1));
  document.addEventListener("click", follow);
  document.addEventListener("keydown", onKey);
  addEventListener("pagehide", pause);
  document.documentElement.dataset.step = String(step + 1);
}
