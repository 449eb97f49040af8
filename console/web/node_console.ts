/**
 * The console of a node: signs people in from the start, and loads its pages with the first request, so that a node without an
 * open page pays nothing for it.
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Console } from "./console.ts";
import { removeLinkFile, writeLinkFile } from "./link_file.ts";
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
  /** Settings without secrets, to be shown. */
  readonly shown: Readonly<Record<string, string>>;
}

/** Whoever opens a link of the own machine may do everything there. */
const LOCAL_ADMIN: Principal = { name: "admin", roles: ["admin"] };

export class NodeConsole {
  readonly #settings: ConsoleSettings;
  readonly #sources: ConsoleSources;
  readonly #sessions = new Sessions();
  readonly #linkSecret = randomBytes(32).toString("base64url");
  #port = 0;
  #loaded: Promise<Console> | undefined;

  constructor(settings: ConsoleSettings, sources: ConsoleSources) {
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
  }

  /** A path that signs in once; undefined where people have tokens. */
  createLink(): string | undefined {
    if (this.#settings.signInBy === "token") return undefined;
    return `login?token=${this.#sessions.createLink(LOCAL_ADMIN)}`;
  }

  async close(): Promise<void> {
    await removeLinkFile(this.#port);
    (await this.#loaded?.catch(() => undefined))?.close();
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
    return createConsole(this.#sources, signIn, publicUrl);
  }
}
