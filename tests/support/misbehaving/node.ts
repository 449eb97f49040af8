/**
 * A node for the guardian to guard: says on standard output that it started, and then does what it is told by its first
 * argument. The second is a file that counts its starts. @module
 */
const [act, counted] = Deno.args as [string, string];

async function printLine(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

function countStart(): number {
  Deno.writeTextFileSync(counted, "x", { append: true });
  return Deno.readTextFileSync(counted).length;
}

/** Waits for a line, or for the end of the input. */
async function readLine(): Promise<string> {
  const buffer = new Uint8Array(100);
  const read = await Deno.stdin.read(buffer);
  return read === null ? "end of input" : new TextDecoder().decode(buffer.subarray(0, read)).trim();
}

// Until then it takes its time to stop.
if (act === "slow") Deno.addSignalListener("SIGUSR1", () => Deno.exit(42));
const start = countStart();
await printLine(`started ${start} ${Deno.pid}`);
if (act === "exit" || (act === "exit_once" && start === 1)) Deno.exit(Number(Deno.args[2]));
if (act === "exit_once") Deno.exit(0);
const received = await readLine();
await printLine(`heard ${received}`);
// Deaf: it hears that it should stop, and does not.
if (act === "deaf" || act === "slow") setInterval(() => {}, 1_000);
else if (act === "wait_and_exit") Deno.exit(Number(Deno.args[2]));
else Deno.exit(start === 1 ? 42 : 43);
