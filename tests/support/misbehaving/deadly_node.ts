/**
 * A guarded node with misbehaving workers on the PostgreSQL whose URL is its argument. Says `started` at each start, and when
 * nothing is left to do, how much of a core the process still burns; then it ends. @module
 */
import { delay } from "@std/async/delay";
import { guard } from "../../../actors/supervision/guardian.ts";
import { Supervisor } from "../../../actors/supervisor.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { cpuShare } from "../cpu_share.ts";
import { RecordingObserver } from "../recording_observer.ts";
import { misbehavingProcessor } from "./processor.ts";
import { testSupervisorOptions } from "./runtime.ts";

const GUARDED = "DEADLY_NODE_GUARDED";
/** A thread that hung is watched for three seconds; a busy machine takes longer. */
const ASKED_WITHIN_MS = 30_000;
const url = Deno.args[0]!;

function printLine(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function guardNode(): Promise<number> {
  const flags = ["--quiet", "--no-check", "--allow-all", "--v8-flags=--max-old-space-size=64"];
  return await guard({
    command: Deno.execPath(),
    args: ["run", ...flags, import.meta.filename!, url],
    env: { [GUARDED]: "1" },
    intensity: { restarts: 12, periodMs: 60_000 },
    isFinal: (code) => code === 0,
    recycleCode: 75,
    interruptedCode: 130,
    log: printLine,
  });
}

async function runNode(): Promise<number> {
  printLine("started");
  const backend = await openPostgres({ url, migrate: "apply", node: "odd", partitions: 2, leaseMs: 2_000 });
  const observer = new RecordingObserver();
  const once = { outcome: "retry", maxAttempts: 1 } as const;
  const errors = {
    NodeDied: { outcome: "retry", maxAttempts: 2 },
    WorkerDied: once,
    DeliveryTimeout: once,
  } as const;
  const options = {
    ...testSupervisorOptions,
    // A heap that is nearly full is slow: it is to end the process, and not to be too late.
    deliveryTimeoutMs: 5_000,
    hangMs: 5_500,
    policy: { ...testSupervisorOptions.policy, errors },
  };
  const supervisor = new Supervisor(backend, [misbehavingProcessor], observer, options);
  await supervisor.start();
  const idle = observer.waitUntil("nothing is left to do", async () => {
    const { mailboxes } = await backend.health();
    return mailboxes.length === 2 && mailboxes.every(({ pending, retrying }) => pending + retrying === 0);
  });
  const hung = () => observer.exits.some(({ exit }) => exit === "hung");
  // What hung may be done with before its thread is known to run on, for which the process is then asked to go.
  const settled = idle.then(() => hung() ? delay(ASKED_WITHIN_MS) : undefined).then(() => "idle");
  const ending = await Promise.race([settled, supervisor.ended()]);
  if (ending === "idle") printLine(`idle ${await cpuShare()}`);
  await supervisor.stop(5_000);
  await backend.close();
  return ending === "idle" ? 0 : 75;
}

Deno.exit(Deno.env.get(GUARDED) === undefined ? await guardNode() : await runNode());
