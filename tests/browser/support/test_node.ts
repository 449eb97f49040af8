/** A node that serves its console, on a store in which a broken version left dead letters. @module */
import type { Backend } from "../../../backends/backend.ts";
import { projectedModels } from "../../../actors/case_list.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import { AvailabilityMonitor, type RunningNode, startNode } from "../../../console/node/node.ts";
import type { Role } from "../../../console/web/access.ts";
import { askLink, readLinkSecret } from "../../../console/web/link_file.ts";
import { digestOf } from "../../../console/web/sessions.ts";
import { tokensOf } from "../../../console/web/token_file.ts";
import { appendCases, runBrokenVersion } from "./broken_version.ts";

/** Cases that a broken version failed at. */
export const BROKEN = 3;

/** People with a token each, which is their name. */
const people: Readonly<Record<string, readonly Role[]>> = {
  admin: ["admin"],
  "o.perator": ["operator"],
  "v.iewer": ["viewer"],
  "c.one": ["caseworker"],
  "c.two": ["caseworker"],
  "a.udit": ["auditor"],
};

export class TestNode implements AsyncDisposable {
  private constructor(
    readonly backend: Backend,
    readonly running: RunningNode,
    readonly runsDirectory: string,
  ) {}

  /** With tokens for people; without, the link of the own machine signs in. */
  static async start({ withTokens }: { readonly withTokens: boolean }): Promise<TestNode> {
    const backend = createMemoryBackend({ partitions: 4, owner: "oak" });
    await runBrokenVersion(backend, BROKEN);
    await appendCases(backend, "flowing", 20);
    const entries = Object.entries(people).map(([name, roles]) => ({ name, roles, sha256: digestOf(name) }));
    const runsDirectory = await Deno.makeTempDir({ prefix: "zaakstroom-runs-" });
    const running = await startNode(Promise.resolve(backend), new AvailabilityMonitor(), {
      ...{ node: "oak", backend: "memory", workers: 1, json: true, log: () => {} },
      http: { host: "127.0.0.1", port: 0 },
      projections: projectedModels(),
      console: {
        signInBy: withTokens ? "token" : "link",
        findByToken: withTokens ? tokensOf(JSON.stringify(entries), "tokens.json") : undefined,
        publicUrl: undefined,
        version: "0.1.0",
        runsDirectory,
        shown: { backend: "memory" },
      },
    });
    return new TestNode(backend, running, runsDirectory);
  }

  /** Another link, as `console link` asks for it. */
  async newLink(): Promise<string> {
    const { host, port } = this.running.http!;
    const secret = await readLinkSecret(port);
    const url = `http://${host}:${port}/`;
    return `${url}login?token=${await askLink(url, secret!)}`;
  }

  get origin(): string {
    return this.running.http!.url.replace(/\/$/, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running.stop(5_000);
    await this.backend.close();
    await Deno.remove(this.runsDirectory, { recursive: true });
  }
}
