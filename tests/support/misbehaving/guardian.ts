/**
 * A guardian of a misbehaving node: its arguments are the node's. Says what it logs and when, by its own clock, and exits
 * with what `guard` returned. @module
 */
import { guard } from "../../../actors/supervision/guardian.ts";

const slowPause = Deno.args.find((arg) => arg.startsWith("--slow-pause="))?.split("=")[1];

const code = await guard({
  command: Deno.execPath(),
  args: [
    "run",
    "--quiet",
    "--no-check",
    "--allow-all",
    new URL("./node.ts", import.meta.url).pathname,
    ...Deno.args,
  ],
  env: {},
  intensity: { restarts: 3, periodMs: 60_000 },
  slowPauseMs: Number(slowPause ?? 1_000),
  giveUpCode: Deno.args.includes("--give-up") ? 70 : undefined,
  isFinal: (code) => code === 0 || code === 42 || code === 2,
  recycleCode: 75,
  interruptedCode: 130,
  log: (line) => Deno.stdout.writeSync(new TextEncoder().encode(`tell ${line}\nat ${performance.now()}\n`)),
});
Deno.exit(code);
