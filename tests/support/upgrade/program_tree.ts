/** Other versions of the program: folders of sources, from which it runs as from this one. @module */
import { assert } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { WantedSchema } from "../../../backends/postgres/setup/schema_state.ts";
import type * as sqlFiles from "../../../schema/postgres/sql_files.ts";
import { runTool } from "../deploy/tools.ts";

const HERE = fileURLToPath(new URL("../../..", import.meta.url));

/** All that the program is made of. */
const SOURCES = [
  "main.ts",
  "deno.json",
  "deno.lock",
  "actors",
  "backends",
  "console",
  "schema",
  "simulators",
];

/** The sources of a version of the program, in a folder that is removed in the end. */
export class ProgramTree implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async ofThis(): Promise<ProgramTree> {
    const tree = new ProgramTree(await Deno.makeTempDir({ prefix: "zaakstroom-tree-" }));
    await tree.#run("cp", "-r", ...SOURCES.map((name) => join(HERE, name)), tree.path);
    return tree;
  }

  /** Undefined where there is no git, or no such commit. */
  static async ofCommit(commit: string): Promise<ProgramTree | undefined> {
    const tree = new ProgramTree(await Deno.makeTempDir({ prefix: "zaakstroom-tree-" }));
    const archive = join(tree.path, "tree.tar");
    const { success } = await runTool("git", ["archive", "-o", archive, commit, ...SOURCES], { cwd: HERE });
    if (success) {
      await tree.#run("tar", "-xf", archive, "-C", tree.path);
      return tree;
    }
    await tree[Symbol.asyncDispose]();
  }

  async write(file: string, text: string): Promise<void> {
    await Deno.writeTextFile(join(this.path, file), text);
  }

  async read(file: string): Promise<string> {
    return await Deno.readTextFile(join(this.path, file));
  }

  /** As `deno task schema:dump`, after a change of its SQL. */
  async dumpSchema(): Promise<void> {
    const config = ["--config", join(this.path, "deno.json"), "--quiet", "--allow-read", "--allow-write"];
    await this.#run(Deno.execPath(), "run", ...config, join(this.path, "schema/postgres/schema_dump.ts"));
  }

  /** A module of this version, by its path. */
  async load<Module>(file: string): Promise<Module> {
    return await import(pathToFileURL(join(this.path, file)).href);
  }

  /** The schema that this version wants. */
  async schema(): Promise<WantedSchema> {
    const { tableChanges, functionFiles } = await this.load<typeof sqlFiles>("schema/postgres/sql_files.ts");
    return { changes: tableChanges, functions: functionFiles };
  }

  async #run(program: string, ...args: readonly string[]): Promise<void> {
    const { success, err } = await runTool(program, args, { cwd: this.path });
    assert(success, err);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
