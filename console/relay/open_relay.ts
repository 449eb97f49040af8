/** A relay by its options: the target, and what leaves for it. @module */
import type { RelayOptions } from "../../actors/relay/relay.ts";
import type { Backend } from "../../backends/backend.ts";
import type { HttpEndpoint } from "../../backends/relay/http_post.ts";
import { NdjsonFile, NdjsonStream } from "../../backends/relay/ndjson_target.ts";
import { RELAYS_TRAIL } from "../../backends/relay/relay_store.ts";
import type { RelayTarget } from "../../backends/relay/target.ts";
import { allEventTypes } from "../../schema/events.ts";
import { UsageError } from "../cli/exit_codes.ts";
import { eventNamesOf } from "../store/event_names.ts";
import { kindOf, nameFor, type RelayValues, targetForPeople, typesOf, validateRelay } from "./options.ts";
import { outgoing } from "./shown_event.ts";
import { requireFolderOf } from "./target_file.ts";

/** Files by which requests are signed, and let in. */
type SecretFiles = Pick<RelayValues, "secret-file" | "token-file">;

interface OpenContext {
  readonly backend: Pick<Backend, "partitions" | "secret" | "record">;
  readonly owner: string;
  /** Who lets personal data leave, where some does. */
  readonly by?: string | undefined;
  /** Standard output. */
  readonly write: (text: string) => Promise<void>;
}

/** Throws UsageError for options that can't be used. What is personal and leaves is in the trail before it does. */
export async function openRelay(values: RelayValues, context: OpenContext): Promise<RelayOptions> {
  const to = validateRelay(values);
  const { personal, "from-position": fromPosition } = values;
  const name = values.name ?? nameFor(to);
  const names = await eventNamesOf(values);
  const target = await targetOf(to, name, values, context);
  if (personal !== undefined) {
    const why = `${name}: ${personal.join(", ")} to ${targetForPeople(to)}: ${values.reason}`;
    await context.backend.record({ act: "relay_personal", by: context.by!, why, caseId: RELAYS_TRAIL });
  }
  const shown = outgoing(names, personal);
  const { owner } = context;
  return { name, to: targetForPeople(to), owner, target, types: typesOf(values), fromPosition, shown };
}

async function targetOf(
  to: string,
  name: string,
  values: RelayValues,
  context: OpenContext,
): Promise<RelayTarget> {
  if (to === "-") return new NdjsonStream(context.write);
  const kind = kindOf(to);
  if (kind === "file") {
    requireFolderOf(to);
    return new NdjsonFile(to);
  }
  return kind === "http" ? await httpTarget(to, values) : await natsTarget(to, name, values, context);
}

async function httpTarget(url: string, values: RelayValues): Promise<RelayTarget> {
  const { HttpTarget } = await import("../../backends/relay/http_target.ts");
  const mode = values.mode === "structured" ? "structured" : "batch";
  return new HttpTarget({ ...await endpointOf(url, values), mode });
}

/** An endpoint that takes batches. Throws UsageError for files that can't be used. */
export async function endpointOf(url: string, values: SecretFiles): Promise<HttpEndpoint> {
  const { signingKey } = await import("../../backends/relay/webhook_signature.ts");
  const secret = await fileText(values, "secret-file");
  const token = await fileText(values, "token-file");
  try {
    const key = secret === undefined ? undefined : signingKey(secret);
    const headers = token === undefined ? {} : { authorization: `Bearer ${token.trim()}` };
    return { url, mode: "batch", key, headers };
  } catch (error) {
    throw new UsageError(`Cannot use --secret-file: ${(error as Error).message}`);
  }
}

async function fileText(
  values: SecretFiles,
  option: "secret-file" | "token-file",
): Promise<string | undefined> {
  const file = values[option];
  if (file === undefined) return undefined;
  try {
    return await Deno.readTextFile(file);
  } catch {
    throw new UsageError(`Cannot use --${option} ${file}: it can't be read`);
  }
}

async function natsTarget(
  url: string,
  name: string,
  values: RelayValues,
  { backend }: OpenContext,
): Promise<RelayTarget> {
  const { prefix, stream = "RELAY", mode, into, "to-creds": credsFile } = values;
  const credentials = credsFile === undefined ? undefined : { credsFile };
  if (into === "ingest") {
    const { IngestTarget } = await import("../../backends/nats/relay/ingest_target.ts");
    return new IngestTarget({ url, credentials, prefix });
  }
  const { StreamTarget } = await import("../../backends/nats/relay/stream_target.ts");
  return new StreamTarget({
    ...{ url, credentials, stream, prefix, types: typesOf(values) ?? allEventTypes },
    mode: mode === "structured" ? "structured" : "binary",
    writer: `${await storeMark(await backend.secret())}/${name}`,
    partitions: backend.partitions,
  });
}

/** Tells a store from others, and says nothing of its secret. */
async function storeMark(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`relay/${secret}`));
  return new Uint8Array(digest, 0, 8).toHex();
}
