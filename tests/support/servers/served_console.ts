/** A console over a memory backend, asked in this process. @module */
import { join } from "node:path";
import type { Backend } from "../../../backends/backend.ts";
import type { Health } from "../../../backends/health.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import { HealthCheck } from "../../../console/http/health_check.ts";
import { FlowMeter } from "../../../console/telemetry/flow_meter.ts";
import type { Role } from "../../../console/web/access.ts";
import { type Console, createConsole } from "../../../console/web/console.ts";
import { WhatIfRuns } from "../../../console/web/runs/runs.ts";
import { digestOf, Sessions } from "../../../console/web/sessions.ts";
import { tokensOf } from "../../../console/web/token_file.ts";

export const ORIGIN = "http://127.0.0.1:8080";

interface ServedOptions {
  /** People with a token each: the token of a person is their name. */
  readonly people?: Readonly<Record<string, readonly Role[]>>;
  readonly backend?: Backend;
}

/** What was answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A console, and what a browser and a program do with it. */
export class ServedConsole implements AsyncDisposable {
  readonly backend: Backend;
  readonly sessions = new Sessions();
  readonly failures: unknown[] = [];
  readonly runs: WhatIfRuns;
  readonly #runsDirectory = join(Deno.env.get("TMPDIR") ?? "/tmp", `zaakstroom-runs-${crypto.randomUUID()}`);
  readonly #console: Console;

  constructor({ people, backend = createMemoryBackend({ partitions: 2 }) }: ServedOptions = {}) {
    this.backend = backend;
    this.runs = new WhatIfRuns({
      ...{ directory: this.#runsDirectory, version: "1.2.3", backend: () => Promise.resolve(backend) },
      onFailure: (error) => void this.failures.push(error),
    });
    this.#console = createConsole(this.#sources(), {
      sessions: this.sessions,
      localAdmin: { name: "admin", roles: ["admin"] },
      signInBy: people === undefined ? "link" : "token",
      findByToken: people && tokensOf(tokenFile(people), "tokens.json"),
      linkSecret: "link secret",
      isSecure: false,
      port: () => 8080,
    });
  }

  #sources() {
    let latest: Health | undefined;
    const facts = { node: "one", backend: "memory", startedAt: Date.now(), processors: [], workers: 1 };
    const check = new HealthCheck({
      health: () => this.backend.health(),
      facts: () => facts,
      onHealth: (health) => void (latest = health),
    });
    return {
      ...{ node: "one", version: "1.2.3", settings: { backend: "memory" }, flow: new FlowMeter() },
      backend: () => Promise.resolve(this.backend),
      report: () => check.report(0),
      health: () => latest,
      runs: this.runs,
      onFailure: (error: unknown) => void this.failures.push(error),
    };
  }

  async request(path: string, init: RequestInit = {}): Promise<Response> {
    return await this.#console.answer(new Request(`${ORIGIN}${path}`, { redirect: "manual", ...init }));
  }

  async ask(path: string, init: RequestInit = {}): Promise<Answered> {
    const response = await this.request(path, init);
    return { status: response.status, headers: response.headers, body: await response.text() };
  }

  /** A cookie of a session with these roles. */
  signIn(...roles: readonly Role[]): { readonly cookie: string; readonly csrf: string } {
    return this.signInAs("j.jansen", ...roles);
  }

  /** The same of somebody else. */
  signInAs(name: string, ...roles: readonly Role[]): { readonly cookie: string; readonly csrf: string } {
    const secret = this.sessions.begin({ name, roles });
    return { cookie: `zaakstroom_8080=${secret}`, csrf: this.sessions.find(secret)!.csrf };
  }

  /** A form as a browser sends it from a page of this console. */
  async submit(path: string, cookie: string, fields: Record<string, string>): Promise<Answered> {
    const headers = { cookie, origin: ORIGIN, accept: "text/html" };
    return await this.ask(path, { method: "POST", headers, body: new URLSearchParams(fields) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#console.close();
    await this.runs.close();
    await Deno.remove(this.#runsDirectory, { recursive: true }).catch(() => {});
    await this.backend.close();
  }
}

function tokenFile(people: Readonly<Record<string, readonly Role[]>>): string {
  return JSON.stringify(
    Object.entries(people).map(([name, roles]) => ({ name, roles, sha256: digestOf(name) })),
  );
}
