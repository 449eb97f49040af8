/** `inbox`: events that were refused at the door, and what a person does about them. @module */
import type { Inbox, RejectedEvent } from "../../backends/dead_letters.ts";
import { redactBsns } from "../../schema/bsn.ts";
import { text } from "../../schema/settings.ts";
import { backendOptions, jsonOption, limitOption, openBackend } from "../store/open_backend.ts";
import { command, type Output } from "../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../cli/exit_codes.ts";
import type { Parsed, Values } from "../cli/options.ts";

const inboxOptions = {
  ...backendOptions,
  limit: limitOption,
  as: { schema: text.optional(), value: "NAME", env: "USER", help: "who acts, for the audit trail" },
  reason: {
    schema: text.optional(),
    value: "TEXT",
    help: "why, for the audit trail; needed to retry or discard",
  },
  json: jsonOption,
} as const;

type InboxValues = Values<typeof inboxOptions>;

const verbs = ["list", "show", "retry", "discard"] as const;
type Verb = (typeof verbs)[number];

export const inbox = command({
  name: "inbox",
  summary: "Events refused at the ingest subject of JetStream: lists, shows, retries or discards them",
  arguments: "list | show ID | retry ID | discard ID",
  options: inboxOptions,
  notes: [
    "Any NATS client can leave events as plain JSON, without an id or a partition, and a node takes them in:",
    `  nats pub --jetstream cases.ingest '{"case_id":"1","citizen_bsn":"999990019","debt_amount":10,"debt_type":"huur"}'`,
    "What is no valid event waits here with the reason. show masks the citizen's number. retry sends it in once more,",
    "as it is; discard gives it up. On PostgreSQL see zaakstroom.outbox, where refused_for has the reason.",
  ].join("\n"),
  async run({ values, positional }: Parsed<typeof inboxOptions>, output) {
    const [verb, id, ...more] = positional;
    validateOptions(verb, id, more, values);
    const opened = await openBackend(values, { role: "client" });
    try {
      const { inbox } = opened.backend;
      if (inbox === undefined) throw new UsageError("inbox belongs to --backend nats");
      return await runVerb(inbox, verb as Verb, Number(id), values, output);
    } finally {
      await opened.close();
    }
  },
});

function validateOptions(
  verb: string | undefined,
  id: string | undefined,
  extra: readonly string[],
  { backend, as, reason }: InboxValues,
): void {
  if (!verbs.includes(verb as Verb) || extra.length > 0) {
    throw new UsageError(`inbox takes one of ${verbs.join(", ")}`);
  }
  if (backend !== "nats") throw new UsageError("Cannot use inbox without --backend nats");
  if (verb === "list" ? id !== undefined : !/^\d+$/.test(id ?? "")) {
    throw new UsageError(
      verb === "list" ? "inbox list takes no more" : `inbox ${verb} takes an ID, see inbox list`,
    );
  }
  if ((verb === "retry" || verb === "discard") && (as === undefined || reason === undefined)) {
    throw new UsageError(`inbox ${verb} needs --reason and --as: they are kept in the audit trail`);
  }
}

async function runVerb(
  inbox: Inbox,
  verb: Verb,
  id: number,
  values: InboxValues,
  output: Output,
): Promise<number> {
  const { as: by, reason: why, limit } = values;
  if (verb === "list") return list(await inbox.list(limit), await inbox.count(), values, output);
  const found = (await inbox.list(Number.MAX_SAFE_INTEGER)).find((refused) => refused.id === id);
  if (found === undefined) {
    throw new CommandError(exitCodes.notFound, "There is no such event: see inbox list");
  }
  if (verb === "show") output.out(values.json ? JSON.stringify(masked(found)) : renderRefused(masked(found)));
  else if (await inbox[verb](id, { by: by!, why: why! })) {
    output.out(values.json ? `{"did":"${verb}"}` : "Done");
  }
  return exitCodes.ok;
}

function list(
  refused: readonly RejectedEvent[],
  total: number,
  { json }: InboxValues,
  { out }: Output,
): number {
  // The events themselves are for `show`: they hold personal data.
  const rows = refused.map(({ id, at, reason }) => ({ id, at, reason: redactBsns(reason) }));
  if (json) out(JSON.stringify({ total, refused: rows }));
  else if (total === 0) out("Nothing was refused");
  else for (const { id, at, reason } of rows) out(`${id}  ${at}  ${reason}`);
  return exitCodes.ok;
}

function masked(refused: RejectedEvent): RejectedEvent {
  return { ...refused, reason: redactBsns(refused.reason), text: redactBsns(refused.text) };
}

function renderRefused({ id, at, reason, text }: RejectedEvent): string {
  return [`${id}, sent before ${at}`, `Refused: ${reason}`, text].join("\n");
}
