/** The files that pages load, under names that hold a digest of what is in them, so that they may be kept for ever. @module */
import { createHash } from "node:crypto";
import css from "./assets/console.css" with { type: "text" };
import history from "./assets/history.css" with { type: "text" };
import icon from "./assets/icon.svg" with { type: "text" };
import keys from "./assets/keys.js" with { type: "text" };
import live from "./assets/live.js" with { type: "text" };
import replay from "./assets/replay.js" with { type: "text" };
import run from "./assets/run.js" with { type: "text" };

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

const STYLE = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

/** What a page names. */
export const assets = {
  style: asset("console.css", STYLE, smaller(css)),
  icon: asset("icon.svg", "image/svg+xml", icon),
  keys: asset("keys.js", SCRIPT, keys),
  live: asset("live.js", SCRIPT, live),
  history: asset("history.css", STYLE, smaller(history)),
  replay: asset("replay.js", SCRIPT, replay),
  run: asset("run.js", SCRIPT, run),
};

const byPath = new Map(Object.values(assets).map((each) => [each.path, each]));

/** The file at a path. */
export function findAsset(path: string): Asset | undefined {
  return byPath.get(path);
}

function asset(name: string, type: string, text: string): Asset {
  const digest = createHash("sha256").update(text).digest("base64url").slice(0, 16);
  return { path: `/assets/${digest}/${name}`, type, text };
}

/** A style sheet without comments and the white space that nobody reads. */
function smaller(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/\s+/g, " ").replaceAll(/ ?([{};,>]) ?/g, "$1")
    .replaceAll(": ", ":").replaceAll(";}", "}")
    .replaceAll(/(?<=[\s:(,-])0\.(?=\d)/g, ".");
}
