/** The sink that the options of `cdc` name. @module */
import { ChangeFile, type ChangeSink, ChangeWriter } from "../../../backends/relay/changes/change_sink.ts";
import type { Output } from "../../cli/command.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import { endpointOf } from "../../relay/open_relay.ts";
import { kindOf } from "../../relay/options.ts";
import { requireFolderOf } from "../../relay/target_file.ts";
import type { StartCdcValues } from "./options.ts";

interface SinkContext {
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** Throws UsageError for what can't go together. */
export async function openSink(values: StartCdcValues, context: SinkContext): Promise<ChangeSink> {
  const { output, signal } = context;
  const { to } = values;
  const kind = kindOf(to);
  requireFitting(values, kind);
  if (kind === "file") return fileSink(to, output);
  if (kind === "nats") return await changeStream(values);
  const { ChangePosts } = await import("../../../backends/relay/changes/change_posts.ts");
  const endpoint = await endpointOf(to, values);
  return new ChangePosts({ endpoint, name: values["topic-prefix"], signal, onNotice: output.err });
}

/** A file, or standard output. Throws UsageError for what is neither. */
export function fileSink(to: string, { write, out }: Output): ChangeSink {
  if (kindOf(to) !== "file") throw new UsageError(`Cannot use --to ${to}: name a file, or -`);
  if (to !== "-") {
    requireFolderOf(to);
    return new ChangeFile(to);
  }
  return new ChangeWriter(write ?? ((text) => Promise.resolve(out(text.replace(/\n$/, "")))));
}

function requireFitting(values: StartCdcValues, kind: "file" | "http" | "nats"): void {
  const only = { nats: ["stream", "to-creds"], http: ["secret-file", "token-file"] } as const;
  for (const [its, names] of Object.entries(only)) {
    const given = names.find((name) => values[name] !== undefined);
    if (given !== undefined && its !== kind) throw new UsageError(`Cannot use --${given}: it is for ${its}`);
  }
}

async function changeStream(values: StartCdcValues): Promise<ChangeSink> {
  const { to, stream = "CDC", slot, "topic-prefix": topicPrefix, "to-creds": credsFile } = values;
  const { ChangeStream } = await import("../../../backends/nats/relay/change_stream.ts");
  const credentials = credsFile === undefined ? undefined : { credsFile };
  return new ChangeStream({ url: to, credentials, stream, topicPrefix, writer: slot });
}
