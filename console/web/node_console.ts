/**
 * The console of a node: signs people in from the start, and loads its pages with the first request, so that a node without an
 * open page pays nothing for it.
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Console } from "./console.ts";
import { removeLinkFile, writeLinkFile } from "./link_file.ts";
import type { WhatIfRuns } from "./runs/runs.ts";
import { type Principal, Sessions } from "./sessions.ts";
import type { ConsoleSources } from "./sources.ts";

/** How a node's console is reached, and by whom. */
export interface ConsoleSettings {
  /** How people sign in: by a link of this machine, or by their token. */
  readonly signInBy: "link" | "token";
  /** Who has a token; undefined where nobody has. */
  readonly findByToken: ((token: string) => Principal | undefined) | undefined;
  /** The address people use, where a proxy stands before the node. */
  readonly publicUrl: string | undefined;
  readonly version: string;
  /** Where comparisons in the background are kept; undefined where there is no place for them. */
  readonly runsDirectory: string | undefined;
  /** Settings without secrets, to be shown. */
  readonly shown: Readonly<Record<string, string>>;
}

/** Whoever opens a link of the own machine may do everything there. */
const LOCAL_ADMIN: Principal = { name: "admin", roles: ["admin"] };

export class NodeConsole {
  readonly #settings: ConsoleSettings;
  readonly #sources: Omit<ConsoleSources, "runs">;
  readonly #sessions = new Sessions();
  readonly #linkSecret = randomBytes(32).toString("base64url");
  #port = 0;
  #loaded: Promise<Console> | undefined;
  #runs: Promise<WhatIfRuns> | undefined;

  constructor(settings: ConsoleSettings, sources: Omit<ConsoleSources, "runs">) {
    this.#settings = settings;
    this.#sources = sources;
  }

  readonly answer = async (request: Request): Promise<Response> => {
    this.#loaded ??= this.#load();
    return await (await this.#loaded).answer(request);
  };

  /** The node listens. Where links can't be asked for from outside, the one it prints still works. */
  async listening(port: number): Promise<void> {
    this.#port = port;
    if (this.#settings.signInBy === "link") {
      await writeLinkFile(port, this.#linkSecret).catch(() => {});
    }
    await this.#resumeRuns();
  }

  /** A path that signs in once; undefined where people have tokens. */
  createLink(): string | undefined {
    if (this.#settings.signInBy === "token") return undefined;
    return `login?token=${this.#sessions.createLink(LOCAL_ADMIN)}`;
  }

  async close(): Promise<void> {
    await removeLinkFile(this.#port);
    (await this.#loaded?.catch(() => undefined))?.close();
    await (await this.#runs?.catch(() => undefined))?.close();
  }

  /** Takes up what the node was at when it ended. Where nothing was ever asked for, nothing is loaded. */
  async #resumeRuns(): Promise<void> {
    const { runsDirectory: directory } = this.#settings;
    const isThere = directory !== undefined && await Deno.stat(directory).then(() => true, () => false);
    if (isThere) await (await this.#whatIfRuns()).resume().catch(this.#sources.onFailure);
  }

  #whatIfRuns(): Promise<WhatIfRuns> {
    const { runsDirectory: directory, version } = this.#settings;
    const { backend, onFailure } = this.#sources;
    this.#runs ??= import("./runs/runs.ts").then((runs) =>
      new runs.WhatIfRuns({ directory, version, backend, onFailure })
    );
    return this.#runs;
  }

  async #load(): Promise<Console> {
    const { createConsole } = await import("./console.ts");
    const { signInBy, findByToken, publicUrl } = this.#settings;
    const signIn = {
      sessions: this.#sessions,
      localAdmin: LOCAL_ADMIN,
      signInBy,
      findByToken,
      linkSecret: this.#linkSecret,
      isSecure: publicUrl?.startsWith("https:") ?? false,
      port: () => this.#port,
    };
    const sources = { ...this.#sources, runs: await this.#whatIfRuns() };
    return createConsole(sources, signIn, publicUrl);
  }
}
