/** A file of the clone run by Deno from another directory, as somebody would who types its path. @module */
import { fileURLToPath } from "node:url";
import { cleanEnv, type ProgramResult } from "./program.ts";

interface ScriptOptions {
  /** Of Deno; without any the file has no permission. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** @param path from the root of the clone */
export async function runFile(
  path: string,
  args: readonly string[],
  { flags = [], env = {} }: ScriptOptions = {},
): Promise<ProgramResult> {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--cached-only", "--no-prompt", ...flags, file, ...args],
    cwd: "/",
    env: cleanEnv(env),
    clearEnv: true,
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, err: err! };
}
