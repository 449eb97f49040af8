/**
 * A name means one thing in a layer: no two files of it export the same one.
 * @module
 */
import { isTest, type SourceTree } from "../source_tree.ts";
import type { Violation } from "./violation.ts";

/** Names that the files of a room share on purpose, as parts of one form. */
const UNIFORM_EXPORTS: readonly { readonly room: string; readonly name: string; readonly why: string }[] = [
  {
    room: "console/commands/",
    name: "command",
    why: "what a command's folder gives to the list of commands",
  },
  { room: "console/web/pages/", name: "page", why: "what a page gives to the list of routes" },
  { room: "console/web/acts/", name: "act", why: "what an act gives to the list of routes" },
];

export function doubledExportViolations({ files }: SourceTree): readonly Violation[] {
  const places = new Map<string, string[]>();
  for (const { path, exports } of files.values()) {
    const layer = layerOf(path);
    if (layer === undefined) continue;
    for (const { name, origin, line } of exports) {
      if (origin !== undefined || isUniform(path, name)) continue;
      const key = `${layer} ${name}`;
      places.set(key, [...places.get(key) ?? [], `${path}:${line}`]);
    }
  }
  return [...places].filter(([, where]) => where.length > 1).map(([key, where]) => ({
    key,
    message: `${key.split(" ")[1]} is exported by ${
      where.join(" and ")
    }: give each its own name, or share it`,
  }));
}

/** Each store is a layer of its own beside the other two: they have the same form, and so the same names. */
function layerOf(path: string): string | undefined {
  if (isTest(path) || !path.includes("/")) return undefined;
  const [layer, room] = path.split("/");
  return layer === "backends" && ["memory", "postgres", "nats"].includes(room!) ? `backends/${room}` : layer;
}

function isUniform(path: string, exported: string): boolean {
  return UNIFORM_EXPORTS.some(({ room, name }) => name === exported && path.startsWith(room));
}
