/** Programs that the tests of `deploy` run, and where they are kept. @module */

/** How a tool ended. */
interface ToolResult {
  readonly success: boolean;
  readonly out: string;
  readonly err: string;
}

interface ToolOptions {
  /** Beside what the test has. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a tool to its end; one that is not there counts as a failure. */
export async function runTool(
  program: string,
  args: readonly string[],
  { env = {}, cwd = Deno.cwd() }: ToolOptions = {},
): Promise<ToolResult> {
  try {
    const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
    const command = new Deno.Command(program, { args: [...args], env: { ...env }, cwd, ...streams });
    const { success, stdout, stderr } = await command.output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { success, out: out!, err: err! };
  } catch (error) {
    return { success: false, out: "", err: String(error) };
  }
}

/** Where tools stay between two runs of the tests. */
export async function cacheDirectory(): Promise<string> {
  const home = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? Deno.cwd()}/.cache`;
  const directory = `${home}/zaakstroom/deploy-tools`;
  await Deno.mkdir(directory, { recursive: true });
  return directory;
}
