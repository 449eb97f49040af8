/** A node as chaos sees it: a process (under its guardian, where it has one) that obeys, reports and can be killed. @module */
import { delay } from "@std/async/delay";
import { endsWithin } from "../../../backends/primitives/concurrency.ts";
import type { FaultProxy } from "../../proxy/fault_proxy.ts";
import { type NodePlan, type NodeReport, type Order, readTextLines, steadyNow } from "./control_protocol.ts";
import { nodeCommand } from "./node_command.ts";
import { peakMemoryOf } from "../../load/process_usage.ts";
import type { NodeLife, Recorder } from "../../proof/recorder.ts";

/** A node starts within this time, also on a machine that is busy, in milliseconds. */
const START_MS = 120_000;
const STOP_MS = 60_000;

/** What faults do to a node. */
export interface ChaosNode {
  readonly name: string;
  /** Between it and the backend; none in memory. */
  readonly proxy: FaultProxy | undefined;
  /** Where it serves its health; none before it has opened its store, and in memory. */
  readonly statusUrl: string | undefined;
  /** The most memory that its process has had so far, in megabytes; undefined where that can't be read. */
  peakMemoryMb(): Promise<number | undefined>;
  /** Has it do something to itself; resolves to evidence, a count. */
  order(order: Order): Promise<number>;
  /** Sends a signal to the node itself, past its guardian. */
  signal(name: Deno.Signal): void;
  killGuardian(): void;
  /** Resolves when a new life of it reports. */
  nextStart(): Promise<void>;
  stop(): Promise<void>;
}

type NodeProcessPlan = Omit<NodePlan, "role" | "control"> & { readonly guarded: boolean };

export class NodeProcess implements ChaosNode {
  readonly name: string;
  readonly #recorder: Recorder;
  readonly #guarded: boolean;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #pendingOrders = new Map<number, (evidence: number) => void>();
  readonly #child: Deno.ChildProcess;
  readonly #childEnded: Promise<void>;
  #connection: Deno.TcpConn | undefined;
  #pid: number | undefined;
  #statusUrl: string | undefined;
  #started = Promise.withResolvers<void>();
  #orderCount = 0;
  #stopped: Promise<void> | undefined;

  private constructor(plan: NodeProcessPlan, readonly proxy: FaultProxy, recorder: Recorder) {
    const { guarded, ...rest } = plan;
    this.name = plan.node;
    this.#guarded = guarded;
    this.#recorder = recorder;
    const role = guarded ? "guardian" : "node";
    const { command, args } = nodeCommand({ ...rest, role, control: this.#listener.addr.port });
    const stdin = guarded ? "null" : "piped";
    // A Ctrl-C of the terminal is for us: nodes are stopped in their turn.
    const options = { args, stdin, stdout: "piped", stderr: "piped", detached: true } as const;
    this.#child = new Deno.Command(command, options).spawn();
    this.#childEnded = this.#listenToChild();
    void this.#accept();
  }

  /** Resolves when the node has reported. */
  static async start(plan: NodeProcessPlan, proxy: FaultProxy, recorder: Recorder): Promise<NodeProcess> {
    const node = new NodeProcess(plan, proxy, recorder);
    await node.nextStart();
    return node;
  }

  get statusUrl(): string | undefined {
    return this.#statusUrl;
  }

  async peakMemoryMb(): Promise<number | undefined> {
    return this.#pid === undefined ? undefined : await peakMemoryOf(this.#pid);
  }

  async nextStart(): Promise<void> {
    if (!await endsWithin(this.#started.promise, START_MS)) {
      throw new Error(`Node ${this.name} did not start within ${START_MS / 1000} s`);
    }
  }

  async order(order: Order): Promise<number> {
    const n = ++this.#orderCount;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#pendingOrders.set(n, resolve);
    await this.#connection?.write(new TextEncoder().encode(`${JSON.stringify({ order, n })}\n`)).catch(() =>
      0
    );
    return await Promise.race([promise, this.#child.status.then(() => 0)]);
  }

  signal(name: Deno.Signal): void {
    if (name === "SIGKILL") {
      this.#recorder.killed.push(this.name);
      this.#started = Promise.withResolvers();
    }
    unlessEnded(() => this.#pid !== undefined && Deno.kill(this.#pid, name));
  }

  killGuardian(): void {
    this.#recorder.killed.push(this.name);
    this.#started = Promise.withResolvers();
    this.#child.kill("SIGKILL");
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.#connection = connection;
        void this.#receive(connection);
      }
    } catch {
      // It was closed.
    }
  }

  async #receive(connection: Deno.TcpConn): Promise<void> {
    let life: NodeLife = { node: this.name, life: "" };
    for await (const line of readTextLines(connection)) {
      const report = JSON.parse(line) as NodeReport;
      if (report.kind === "hello") life = this.#hello(report);
      else if (report.kind === "serving") this.#statusUrl = report.url;
      else if (report.kind === "order_done") this.#pendingOrders.get(report.order)?.(report.evidence);
      else this.#recorder.receive(life, report);
    }
    connection.close();
  }

  #hello({ node, life, pid }: NodeReport & { kind: "hello" }): NodeLife {
    this.#pid = pid;
    this.#started.resolve();
    this.#recorder.record({ node, life, what: "node_start", at: steadyNow(), ids: { pid } });
    return { node, life };
  }

  /** A guardian prints a line when its node ended; a node prints nothing, unless it has a bug. */
  async #listenToChild(): Promise<void> {
    const errors = new Response(this.#child.stderr).text();
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const at = steadyNow();
      for (const [, why] of text.matchAll(/The node ended (.*): starting/g)) {
        this.#recorder.record({ node: this.name, life: "", what: "node_restart", at, ids: { why: why! } });
      }
    }
    const { code, signal } = await this.#child.status;
    const errorOutput = (await errors).trim();
    if (code !== 0 && signal === null) {
      this.#recorder.crashes.push(`${this.name} ended with ${code}: ${errorOutput}`);
    }
  }

  /** Legal twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.#guarded) unlessEnded(() => this.#child.kill("SIGTERM"));
    else await this.#child.stdin.close().catch(() => {});
    const timer = setTimeout(() => this.#forceEnd(), STOP_MS);
    await this.#childEnded;
    clearTimeout(timer);
    await this.#waitForExit();
    this.#listener.close();
  }

  #forceEnd(): void {
    this.#recorder.crashes.push(`${this.name} did not stop within ${STOP_MS / 1000} s`);
    this.signal("SIGKILL");
    unlessEnded(() => this.#child.kill("SIGKILL"));
  }

  /** A node whose guardian was killed ends by itself. */
  async #waitForExit(): Promise<void> {
    for (let waited = 0; unlessEnded(() => Deno.kill(this.#pid!, "SIGCONT")); waited += 20) {
      if (waited > STOP_MS) return this.signal("SIGKILL");
      await delay(20);
    }
  }
}

/** Signals a process; false when it has ended already. */
function unlessEnded(signal: () => void): boolean {
  try {
    signal();
    return true;
  } catch {
    return false;
  }
}
