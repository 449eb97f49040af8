/** A Temporal server, the bridge to it and the worker of its example, each a process of its own. @module */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { deployPath } from "../deploy/deploy_files.ts";
import { Program, type ProgramOptions } from "../program.ts";
import { freePort } from "../servers/nats_server.ts";
import { waitUntil } from "../servers/embedded_processes.ts";

const program = Deno.env.get("ZAAKSTROOM_TEMPORAL") ?? "";

/** Why there is no Temporal here; undefined where there is. */
export const whyNoTemporal = program === ""
  ? "ZAAKSTROOM_TEMPORAL names no program `temporal`: deploy/temporal/README.md says where it comes from"
  : undefined;

/** A server that keeps its history in a file, so that it goes on after a kill. */
export class TestTemporal implements AsyncDisposable {
  readonly address: string;
  readonly #port: number;
  readonly #folder: string;
  #server: Program | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#port = freePort();
    this.address = `127.0.0.1:${this.#port}`;
  }

  /** Starts it, and waits until it answers. */
  async start(): Promise<void> {
    const file = join(this.#folder, "temporal.db");
    const where = ["--ip", "127.0.0.1", "--port", `${this.#port}`, "--headless", "--db-filename", file];
    this.#server = Program.start(["server", "start-dev", ...where], { compiled: program });
    await waitUntil(async () => {
      const asked = ["operator", "namespace", "describe", "default", "--address", this.address];
      await using answer = Program.start(asked, { compiled: program });
      return (await answer.ended()).code === 0;
    });
  }

  async kill9(): Promise<void> {
    await this.#server!.kill9();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }

  /** Starts a program of deploy/temporal. */
  run(file: string, args: readonly string[] = [], env: ProgramOptions["env"] = {}): Program {
    const flags = ["run", "--quiet", "--allow-all", "--config", deployPath("temporal/deno.json")];
    const all = [...flags, deployPath(`temporal/${file}`), ...args];
    return Program.start(all, { compiled: Deno.execPath(), env: { TEMPORAL_ADDRESS: this.address, ...env } });
  }

  /** Starts the bridge, and waits until it listens. */
  async bridge(port: number): Promise<Program> {
    const bridge = this.run("bridge.ts", [], { BRIDGE_PORT: `${port}` });
    await bridge.err.waitForLine(/^Bridge to Temporal on/);
    return bridge;
  }

  /** The ids of the events that the workflows of cases were signalled, in order. */
  async signalled(cases: readonly string[]): Promise<Record<string, string[]>> {
    await using history = this.run("history.ts", cases);
    const { code, out, err } = await history.ended();
    assertEquals(code, 0, err);
    return JSON.parse(out);
  }

  /** How many events the workflow of a case was signalled; none while there is no such workflow. */
  async count(caseId: string): Promise<number> {
    await using history = this.run("history.ts", [caseId]);
    const { code, out } = await history.ended();
    return code === 0 ? JSON.parse(out)[caseId].length : 0;
  }

  /** How a workflow ended: what it returned. Waits until it has. */
  async resultOf(caseId: string): Promise<unknown> {
    const args = [
      "workflow",
      "result",
      "--workflow-id",
      caseId,
      "--address",
      this.address,
      "--output",
      "json",
    ];
    await using asked = Program.start(args, { compiled: program });
    const { code, out, err } = await asked.ended();
    assertEquals(code, 0, out + err);
    return JSON.parse(out).result;
  }
}
