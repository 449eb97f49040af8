// Renews the Overview from the server's stream. Texts and attributes only: no HTML is made from what arrives.
const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector) => document.querySelectorAll(selector);

const state = find("[data-live-state]");
const button = find("[data-freeze]");
let source;
let isFrozen = false;

/** A glyph of the page's templates. */
const glyph = (name) => find(`template[data-glyph="${name}"]`).content.firstElementChild.cloneNode(true);

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function showBadge(badge, { tone, glyph: name, word }) {
  if (badge.className === `st ${tone}` && badge.textContent === word) return;
  badge.className = `st ${tone}`;
  badge.replaceChildren(glyph(name), word);
}

function showFoot(foot, { tone, text }) {
  foot.className = `foot ${tone}`;
  const [link, calm] = foot.children;
  link.hidden = tone === "quiet";
  calm.hidden = tone !== "quiet";
  if (tone !== "quiet") setText(link, text);
}

function showProcessor(name, { state, foot, width, spark }) {
  const item = find(`[data-processor="${CSS.escape(name)}"]`);
  if (item === null) return;
  showBadge(find(".st", item), state);
  showFoot(find(".foot", item), foot);
  find(".spark", item).setAttribute("aria-label", spark.label);
  find(".area", item).setAttribute("d", spark.area);
  find(".line", item).setAttribute("d", spark.line);
  find("[data-stream]", item).setAttribute("stroke-width", width);
}

let attentionShown = "";

/** Lines never change under a pointer or the focus. */
function showAttention(lines) {
  const list = find(".attention");
  const text = JSON.stringify(lines);
  if (text === attentionShown || list.matches(":hover, :focus-within")) return;
  attentionShown = text;
  list.hidden = lines.length === 0;
  list.replaceChildren(...lines.map(attentionItem));
}

function attentionItem({ tone, glyph: name, strong, text, href, act }) {
  const [item, words, bold, link] = ["li", "p", "b", "a"].map((each) => document.createElement(each));
  item.className = tone;
  bold.textContent = strong;
  words.append(bold, ` ${text}`);
  Object.assign(link, { className: "b", href, textContent: act });
  item.append(glyph(name), words, link);
  return item;
}

function show(words) {
  setText(find("h1"), words.headline);
  setText(find(".lead"), words.lead);
  for (const element of findAll("[data-live]")) setText(element, words.texts[element.dataset.live]);
  for (const [name, each] of Object.entries(words.processors)) showProcessor(name, each);
  find('[data-stream="closed"]').setAttribute("stroke-width", words.closedWidth);
  showAttention(words.attention);
  for (const [page, count] of Object.entries(words.rail)) {
    const shown = find(`[data-rail="${page}"]`);
    if (shown === null) continue;
    shown.hidden = count === 0;
    setText(shown, String(count));
  }
}

function tell(word) {
  document.documentElement.dataset.stream = word;
  setText(state, state.dataset[`${word}Word`]);
}

function connect() {
  if (isFrozen || document.hidden || source) return;
  source = new EventSource("/stream");
  source.onopen = () => tell("live");
  source.onerror = () => tell("cut");
  source.onmessage = ({ data }) => {
    tell("live");
    show(JSON.parse(data));
  };
}

function disconnect() {
  source?.close();
  source = undefined;
  tell("frozen");
}

function freeze() {
  isFrozen = !isFrozen;
  setText(find("span", button), isFrozen ? button.dataset.resume : button.dataset.freeze);
  if (isFrozen) disconnect();
  else connect();
}

button.hidden = false;
button.addEventListener("click", freeze);
document.addEventListener("zaakstroom:freeze", freeze);
document.addEventListener("visibilitychange", () => document.hidden ? disconnect() : connect());
addEventListener("pagehide", disconnect);
addEventListener("pageshow", connect);
connect();
