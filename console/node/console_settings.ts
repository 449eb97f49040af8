/** Whether a node serves the console, to whom, and what of its settings is shown there. @module */
import { join } from "node:path";
import { defaultDataDir } from "../../backends/local_server/data_directory.ts";
import { EmbeddedError } from "../../backends/local_server/errors.ts";
import config from "../../deno.json" with { type: "json" };
import { UsageError } from "../cli/exit_codes.ts";
import { isLoopback } from "../http/listen.ts";
import type { ConsoleSettings } from "../web/node_console.ts";
import { openTokens } from "../web/token_file.ts";
import type { StartValues } from "./start_options.ts";

type ConsoleValues = Pick<StartValues, "console" | "auth" | "tokens" | "public-url" | "host">;
type StoreValues = Pick<StartValues, "backend" | "url" | "data-dir">;

/** Settings that hold no secret. What is not here is not shown. */
const SHOWN = [
  "backend",
  "workers",
  "host",
  "port",
  "node",
  "lease",
  "policy",
  "log-level",
  "traces",
  "stop-within",
  "auth",
  "public-url",
] as const;

/**
 * The console of a node; undefined where there is none: it is switched off, or others than this machine reach the address and
 * nobody would have to sign in. Throws UsageError for settings that contradict each other.
 */
export async function consoleSettings(values: StartValues): Promise<ConsoleSettings | undefined> {
  refuseContradictions(values);
  const { console: wanted, auth, tokens, host } = values;
  if (wanted === "off" || (auth === "link" && !isLoopback(host))) return undefined;
  return {
    signInBy: auth,
    findByToken: tokens === undefined ? undefined : await openTokens(tokens),
    publicUrl: values["public-url"],
    version: config.version,
    runsDirectory: await runsDirectoryOf(values),
    shown: Object.fromEntries(
      SHOWN.filter((name) => values[name] !== undefined).map((name) => [name, String(values[name])]),
    ),
  };
}

/** A directory for each store, named by no secret of its address; undefined where no place for data is known. */
async function runsDirectoryOf(
  { backend, url, "data-dir": given }: StoreValues,
): Promise<string | undefined> {
  try {
    const store = new TextEncoder().encode(JSON.stringify([backend, url]));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", store)).toHex().slice(0, 16);
    return join(given ?? defaultDataDir(), "what-if-runs", digest);
  } catch (error) {
    if (error instanceof EmbeddedError) return undefined;
    throw error;
  }
}

/** Refuses what would open the console to everybody, or to nobody. */
function refuseContradictions({ console: wanted, auth, tokens, host }: ConsoleValues): void {
  if (auth === "token" && tokens === undefined) throw new UsageError("--auth token needs --tokens FILE");
  if (wanted === "on" && auth === "link" && !isLoopback(host)) {
    throw new UsageError(
      `Cannot serve the console on ${host}, which others reach: use --auth token --tokens FILE, or --host 127.0.0.1`,
    );
  }
}
