/** A sender as chaos sees it: a process that can be stopped, frozen and killed. @module */
import { endsWithin } from "../../../backends/primitives/concurrency.ts";
import { nodeCommand } from "../node/node_command.ts";
import type { SenderPlan } from "./sender_plan.ts";

const STOP_MS = 30_000;

export class Sender {
  readonly #child: Deno.ChildProcess;
  readonly #errors: Promise<string>;
  #isKilled = false;

  constructor(plan: SenderPlan) {
    const { command, args } = nodeCommand(plan);
    const options = { args, stdin: "piped", stdout: "null", stderr: "piped", detached: true } as const;
    this.#child = new Deno.Command(command, options).spawn();
    this.#errors = new Response(this.#child.stderr).text();
  }

  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** Kills it as a crash would; returns whether it was alive until then. */
  async kill(): Promise<boolean> {
    this.#isKilled = true;
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It ended by itself.
    }
    return (await this.#ended()).signal === "SIGKILL";
  }

  /** Asks it to end what it sends. Returns what it had to say, or why it did not end. */
  async stop(): Promise<string> {
    await this.#child.stdin.close().catch(() => {});
    const isInTime = await endsWithin(this.#child.status, STOP_MS);
    if (!isInTime) await this.kill();
    const { code } = await this.#ended();
    const said = (await this.#errors).trim();
    if (!isInTime) return `it did not end within ${STOP_MS / 1_000} s`;
    return code === 0 || this.#isKilled ? said : `it ended with ${code}: ${said}`;
  }

  async #ended(): Promise<Deno.CommandStatus> {
    const status = await this.#child.status;
    if (this.#isKilled) await this.#child.stdin.close().catch(() => {});
    return status;
  }
}
