/** Several nodes on one store: who holds what, and how long it takes until it is as it should be. @module */
import type { Backend } from "../../backends/backend.ts";
import type { MailboxHealth } from "../../backends/health.ts";
import { HEALTH_AGE_MS } from "../../console/http/health_check.ts";
import type { HealthReport } from "../../console/http/health_report.ts";
import { Program } from "./program.ts";

/** Who holds the mailboxes, at one moment. */
export class LeaseHoldings {
  constructor(readonly mailboxes: readonly MailboxHealth[], readonly wanted: number) {}

  /** Mailboxes of each owner whose lease runs. */
  get counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { owner, leaseMs } of this.mailboxes) {
      if (owner !== null && leaseMs > 0) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
    return counts;
  }

  /** True when exactly these nodes hold everything, none of them more than its share of any processor. */
  isFairFor(nodes: readonly string[], partitions: number): boolean {
    const { counts } = this;
    const all = [...counts.values()].reduce((sum, n) => sum + n, 0);
    if (all < this.wanted || counts.size !== nodes.length || !nodes.every((node) => counts.has(node))) {
      return false;
    }
    const share = Math.ceil(partitions / nodes.length);
    return [...this.byOwnerAndProcessor().values()].every((n) => n <= share);
  }

  byOwnerAndProcessor(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { owner, processor } of this.mailboxes) {
      counts.set(`${owner}/${processor}`, (counts.get(`${owner}/${processor}`) ?? 0) + 1);
    }
    return counts;
  }

  /** What identifies each lease: a lease that is the same later was never given up in between. */
  leases(owner?: string): Set<string> {
    const held = this.mailboxes.filter((mailbox) => owner === undefined || mailbox.owner === owner);
    return new Set(
      held.map(({ processor, partition, epoch, owner }) => `${processor}/${partition}/${owner}/${epoch}`),
    );
  }
}

/** Nodes of one store, started and ended by name. */
export class NodeGroup implements AsyncDisposable {
  readonly #programs = new Map<string, Program>();

  /** `wanted` mailboxes exist once a node has started. */
  constructor(readonly backend: Backend, readonly flags: readonly string[], readonly wanted: number) {}

  get names(): string[] {
    return [...this.#programs.keys()];
  }

  /** Starts a node without a guardian, so that what happens to it stays so. */
  start(name: string, ...more: string[]): Program {
    const program = Program.start(
      ["start", ...this.flags, "--node", name, "--port", "0", "--json", ...more],
      {
        asNode: true,
      },
    );
    this.#programs.set(name, program);
    return program;
  }

  /** Asks a node to stop; resolves to the milliseconds until its process had ended, and its exit code. */
  async stop(name: string): Promise<{ ms: number; code: number }> {
    const began = performance.now();
    const program = this.#programs.get(name)!;
    program.signal("SIGTERM");
    const { code } = await program.ended();
    this.#programs.delete(name);
    return { ms: performance.now() - began, code };
  }

  async kill9(name: string): Promise<void> {
    await this.#programs.get(name)!.kill9();
    this.#programs.delete(name);
  }

  async holding(): Promise<LeaseHoldings> {
    return new LeaseHoldings((await this.backend.health()).mailboxes, this.wanted);
  }

  /** Waits until the nodes that run hold everything fairly; resolves to the milliseconds that took, and who holds what. */
  async waitUntilFair(withinMs: number): Promise<{ ms: number; holding: LeaseHoldings }> {
    const began = performance.now();
    for (;;) {
      const holding = await this.holding();
      const ms = performance.now() - began;
      if (holding.isFairFor(this.names, this.backend.partitions)) return { ms, holding };
      if (ms > withinMs) {
        throw new Error(
          `Not fair after ${Math.round(ms)} ms: ${JSON.stringify([...holding.byOwnerAndProcessor()])}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits until nothing is left to settle, as a node that runs says: a client of the store does not know who takes what. */
  async waitUntilDrained(): Promise<void> {
    const [program] = this.#programs.values();
    const url = await program!.serving();
    const current = performance.now() + HEALTH_AGE_MS;
    for (;;) {
      const { processors } = await (await fetch(`${url}health`)).json() as HealthReport;
      const done = processors.every(({ pending, retrying }) => pending + retrying === 0);
      // Up to a second a node repeats what it said before.
      if (done && performance.now() > current) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs.values()) await program[Symbol.asyncDispose]();
    await this.backend.close();
  }
}
