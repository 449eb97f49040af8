/** `inbox`: events that were refused at the ingest subject or in the outbox, and what a person does about them. @module */
import type { Backend } from "../../backends/backend.ts";
import type { Inbox, RejectedEvent } from "../../backends/dead_letters.ts";
import { redactBsns } from "../../schema/bsn.ts";
import { text } from "../../schema/settings.ts";
import { type Command, command, commandGroup, type Output } from "../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../cli/exit_codes.ts";
import type { Parsed, Values } from "../cli/options.ts";
import { listResult, outputOptions, printResult } from "../cli/output.ts";
import { shownRefused } from "../cli/refused_text.ts";
import { toPrintable } from "../cli/redaction.ts";
import { withBackend } from "../store/open_backend.ts";
import { actedBy, actorOptions } from "../store/identity.ts";
import { backendOptions, limitOption } from "../store/options.ts";

const showOptions = { ...outputOptions, ...backendOptions } as const;
const listOptions = { limit: limitOption, ...showOptions } as const;
const actOptions = {
  ...actorOptions,
  reason: { schema: text.optional(), value: "TEXT", help: "why, for the audit trail; needed" },
  ...showOptions,
} as const;

const exits = { [exitCodes.notFound]: "no such event" };

const list = command({
  name: "list",
  summary: "Lists events that were refused, with the reason",
  options: listOptions,
  run: ({ values }: Parsed<typeof listOptions>, output) =>
    withInbox(values, async (inbox) => {
      // The events themselves are for `show`: they hold personal data.
      const rows = (await inbox.list(values.limit)).map(withoutText);
      const [total, columns] = [await inbox.count(), ["id", "at", "reason"]];
      printResult(
        output,
        values,
        listResult("refused", rows, { columns, total, empty: "Nothing was refused" }),
      );
    }),
});

const show = command({
  name: "show",
  summary: "Shows an event that was refused, without personal data",
  arguments: "ID",
  options: showOptions,
  exits,
  run({ values, positional }: Parsed<typeof showOptions>, output) {
    const id = idOf("show", positional);
    return withInbox(values, async (inbox) => {
      const refused = await find(inbox, id);
      const { id: shownId, at, reason } = withoutText(refused);
      const shown = shownRefused(refused.text);
      printResult(output, values, {
        json: { id: shownId, at, reason, text: shown },
        text: [
          `${shownId}, sent before ${at}`,
          `Refused: ${toPrintable(reason, Infinity)}`,
          ...shown.split("\n").map((line) => `  ${toPrintable(line, Infinity)}`),
        ].join("\n"),
      });
    });
  },
});

/** An act on one refused event. */
function act(verb: "retry" | "discard", summary: string): Command {
  return command({
    name: verb,
    summary,
    arguments: "ID",
    options: actOptions,
    exits,
    run({ values, positional }: Parsed<typeof actOptions>, output) {
      const id = idOf(verb, positional);
      const { reason: why } = values;
      if (why === undefined) {
        throw new UsageError(`inbox ${verb} needs --reason: it is kept in the audit trail`);
      }
      return withInbox(values, async (inbox, backend) => {
        await find(inbox, id);
        if (await inbox[verb](id, { by: await actedBy(backend, values, `inbox.${verb}`), why })) {
          printDone(verb, id, values, output);
        }
      });
    },
  });
}

function printDone(did: string, id: number, values: Values<typeof actOptions>, output: Output): void {
  printResult(output, values, { json: { did, id: String(id) }, text: "Done" });
}

/** `inbox`: on JetStream and PostgreSQL. */
export const inbox = commandGroup({
  name: "inbox",
  summary: "Events refused at the ingest subject or in the outbox: lists, shows, retries or discards them",
  notes: [
    "A program leaves events as plain JSON, without an id or a partition, and a node takes them in. On JetStream, with any",
    "NATS client; on PostgreSQL, in its own transaction:",
    `  nats pub --jetstream cases.ingest '{"case_id":"1","citizen_bsn":"999990019","debt_amount":10,"debt_type":"huur"}'`,
    `  insert into zaakstroom.outbox (event) values ('{"case_id":"1", …}');`,
    "What is no valid event waits here with the reason, whole.",
  ].join("\n"),
  subcommands: [
    list,
    show,
    act("retry", "Sends a refused event in once more, as it is"),
    act("discard", "Gives a refused event up"),
  ],
});

function idOf(verb: string, [id, ...more]: readonly string[]): number {
  if (id === undefined || more.length > 0 || !/^\d{1,15}$/.test(id)) {
    throw new UsageError(`inbox ${verb} takes an ID, see inbox list`);
  }
  return Number(id);
}

async function withInbox(
  values: Values<typeof showOptions>,
  use: (inbox: Inbox, backend: Backend) => Promise<void>,
): Promise<number> {
  return await withBackend(values, async (backend) => {
    const { inbox } = backend;
    if (inbox === undefined) throw new UsageError("Cannot use inbox with this backend: it has none");
    await use(inbox, backend);
    return exitCodes.ok;
  });
}

async function find(inbox: Inbox, id: number): Promise<RejectedEvent> {
  const found = await inbox.find(id);
  if (found === undefined) {
    throw new CommandError(exitCodes.notFound, "There is no such event: see inbox list");
  }
  return found;
}

function withoutText({ id, at, reason }: RejectedEvent) {
  return { id: String(id), at, reason: redactBsns(reason) };
}
