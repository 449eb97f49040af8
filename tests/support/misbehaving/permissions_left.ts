// deno-lint-ignore-file no-console
/** Prints, after a command has run, which of these its process may still do: `run`, `write`, `net`. @module */
import { runCommandLine } from "../../../console/command_line.ts";
import { dropNeedless } from "../../../console/permissions.ts";

const TRIES = {
  run: () => void new Deno.Command("true").outputSync(),
  write: () => Deno.removeSync(Deno.makeTempFileSync()),
  net: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
};

await runCommandLine(Deno.args, { out: () => {}, err: () => {} } as never, dropNeedless);
const left = Object.entries(TRIES).filter(([, attempt]) => {
  try {
    attempt();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
});
console.log(left.map(([name]) => name).join(" "));
