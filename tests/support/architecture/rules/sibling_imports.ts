/**
 * The backends don't know each other, their shared rooms know none of them, and a command knows no other command.
 * @module
 */
import { isTest, type SourceTree } from "../source_tree.ts";
import type { Violation } from "./violation.ts";

const STORES = ["memory", "postgres", "nats"];

/** Rooms of `backends` that every store uses. */
const SHARED_ROOMS = ["mailbox", "settlement", "primitives", "local_server", "diagnosis"];

export function siblingImportViolations({ files }: SourceTree): readonly Violation[] {
  return [...files.values()].filter(({ path }) => !isTest(path)).flatMap(({ path, imports }) =>
    imports.flatMap(({ target, line }) => {
      const reason = whyForbidden(path, target);
      if (reason === undefined) return [];
      return [{ key: `${path} imports ${target}`, message: `${path}:${line} imports ${target}: ${reason}` }];
    })
  );
}

function whyForbidden(importer: string, target: string): string | undefined {
  const [from, to] = [roomOf(importer, "backends"), roomOf(target, "backends")];
  if (to !== undefined && STORES.includes(to) && from !== undefined) {
    if (STORES.includes(from) && from !== to) return `${from} doesn't know ${to}; what both need is shared`;
    if (SHARED_ROOMS.includes(from)) return `backends/${from} is shared, and knows no store`;
  }
  const [command, other] = [roomOf(importer, "console/commands"), roomOf(target, "console/commands")];
  if (command === undefined || other === undefined || command === other) return undefined;
  return `the command ${command} doesn't know ${other}; what both need is shared`;
}

/** The folder in `parent` that holds the file; undefined for a file elsewhere, or directly in it. */
function roomOf(path: string, parent: string): string | undefined {
  if (!path.startsWith(`${parent}/`)) return undefined;
  const [room, ...rest] = path.slice(parent.length + 1).split("/");
  return rest.length > 0 ? room : undefined;
}
