/** What a page and an act of the console are: one file each, listed in `routes.ts`. @module */
import type { Act } from "./access.ts";
import type { Markup } from "./markup.ts";
import type { Principal } from "./sessions.ts";
import type { ConsoleSources } from "./sources.ts";
import type { TextKey, Writer } from "./texts/catalogue.ts";

export type Theme = "light" | "dark";

/** Who asks, in which language, and for what. */
export interface Visit {
  readonly url: URL;
  readonly principal: Principal;
  /** What a form of this visit carries; empty for a program with a token, which needs none. */
  readonly csrf: string;
  readonly write: Writer;
  readonly theme: Theme | undefined;
  readonly sources: ConsoleSources;
  /** Parts of the path, such as the number of a case. */
  readonly params: Readonly<Record<string, string>>;
  /** True for a program that asks for JSON. */
  readonly wantsJson: boolean;
}

/** What the rail can lead to. */
export type RailPage =
  | "overview"
  | "processors"
  | "cases"
  | "review"
  | "stuck"
  | "inbox"
  | "audit"
  | "replay"
  | "what_if"
  | "node";

/** A page, as it is answered. */
export interface Answer {
  readonly title: string;
  readonly current: RailPage;
  readonly body: Markup;
  /** The same for a program, in the shape of the command line's JSON. */
  readonly json: object;
  /** Default: 200. */
  readonly status?: number;
  /** Modules and style sheets that it loads beside those of every page. */
  readonly scripts?: readonly string[];
  readonly styles?: readonly string[];
  /** Answers with this file instead, to be kept. */
  readonly file?: AnswerFile | undefined;
}

/** A file that a page hands out. */
export interface AnswerFile {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/** A page: a path, who may see it, and what it shows. Throws Problem. */
export interface Page {
  readonly path: string;
  readonly act: Act;
  show(visit: Visit): Promise<Answer>;
}

/** The fields of a form that was sent. */
export type Form = Readonly<Record<string, string>>;

/** What came of an act. */
export type Outcome =
  | {
    readonly kind: "done";
    readonly to: string;
    readonly notice: TextKey;
    readonly count: number;
    readonly json: object;
  }
  /** Nothing was done: the page says why, at the object. */
  | { readonly kind: "answered"; readonly answer: Answer };

/** Something that a person or a program does: a path that takes a form. Throws Problem. */
export interface FormAct {
  readonly path: string;
  readonly act: Act;
  perform(visit: Visit, form: Form): Promise<Outcome>;
}
