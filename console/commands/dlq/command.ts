/** `dlq`: dead letters, their evidence, and what a person does about them. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { DeadLetter, DeadLetterFilter } from "../../../backends/dead_letters.ts";
import { delay } from "../../../backends/primitives/retry.ts";
import { redactBsns } from "../../../schema/bsn.ts";
import { flag, rate, text, wholeNumber } from "../../../schema/settings.ts";
import { backendOptions, jsonOption, limitOption, openBackend } from "../../store/open_backend.ts";
import { command, type Output } from "../../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed, Values } from "../../cli/options.ts";
import { previewRedrive, renderPreview } from "./redrive_preview.ts";
import { formatRounded } from "../../cli/terminal.ts";
import { withoutPersonalData } from "../../cli/case_timeline.ts";

const dlqOptions = {
  ...backendOptions,
  processor: { schema: text.optional(), value: "NAME", help: "only of this processor" },
  case: { schema: text.optional(), value: "ID", help: "only of this case" },
  limit: {
    ...limitOption,
    schema: wholeNumber(1, 10_000).default(100),
    help: "touch at most so many; default 100",
  },
  as: { schema: text.optional(), value: "NAME", env: "USER", help: "who acts, for the audit trail" },
  reason: {
    schema: text.optional(),
    value: "TEXT",
    help: "why, for the audit trail; needed to redrive or discard",
  },
  "dry-run": { schema: flag, help: "only say what would be done" },
  "show-outputs": {
    schema: flag,
    help: "with redrive --dry-run: try it in a worker, and show what it would emit",
  },
  rate: {
    schema: rate.optional(),
    value: "RATE",
    help: "redrive so many at a time, e.g. 10/sec; default: all at once",
  },
  json: jsonOption,
} as const;

type DlqValues = Values<typeof dlqOptions>;

const verbs = ["list", "show", "redrive", "discard"] as const;
type Verb = (typeof verbs)[number];

export const dlq = command({
  name: "dlq",
  summary: "Dead letters: lists them, shows the evidence, redrives or discards them",
  arguments: "list | show POSITION | redrive [POSITION] | discard POSITION",
  options: dlqOptions,
  notes: [
    "A dead letter holds its case, for its processor, until a person acts. redrive tries it again, and then the",
    "deliveries held behind it, in the order of the case; discard gives it up, and what was held goes on without it.",
    "Both say first what they will touch (--dry-run says only that), never touch more than --limit, and need --reason.",
    "redrive --dry-run --show-outputs handles each of them in a worker without permissions, with this program's",
    "processors, and shows what would come of it; nothing is stored.",
  ].join("\n"),
  async run({ values, positional }: Parsed<typeof dlqOptions>, output) {
    const [verb, at, ...more] = positional;
    if (!verbs.includes(verb as Verb) || more.length > 0) {
      throw new UsageError(`dlq takes one of ${verbs.join(", ")}`);
    }
    const filter = filterOf(verb as Verb, at, values);
    const opened = await openBackend(values, { role: "client" });
    try {
      return await runVerb(opened.backend, verb as Verb, filter, values, output);
    } finally {
      await opened.close();
    }
  },
});

function filterOf(
  verb: Verb,
  at: string | undefined,
  values: DlqValues,
): DeadLetterFilter {
  const { processor, case: caseId, limit, reason, as, rate: perSecond } = values;
  const { "show-outputs": showOutputs, "dry-run": dryRun } = values;
  if (at !== undefined && !/^\d+$/.test(at)) {
    throw new UsageError(`Cannot use ${at}: a POSITION is a whole number, see dlq list`);
  }
  if (at === undefined && (verb === "show" || verb === "discard" && caseId === undefined)) {
    throw new UsageError(`dlq ${verb} takes a POSITION, see dlq list`);
  }
  if ((verb === "redrive" || verb === "discard") && (reason === undefined || as === undefined)) {
    throw new UsageError(`dlq ${verb} needs --reason and --as: they are kept in the audit trail`);
  }
  if (showOutputs && !(verb === "redrive" && dryRun)) {
    throw new UsageError("Cannot use --show-outputs without redrive --dry-run");
  }
  if (perSecond !== undefined && verb !== "redrive") {
    throw new UsageError("Cannot use --rate without redrive");
  }
  return {
    limit,
    ...(processor === undefined ? {} : { processor }),
    ...(caseId === undefined ? {} : { caseId }),
    ...(at === undefined ? {} : { position: Number(at) }),
  };
}

async function runVerb(
  backend: Backend,
  verb: Verb,
  filter: DeadLetterFilter,
  values: DlqValues,
  output: Output,
): Promise<number> {
  const found = await backend.deadLetters.list(filter);
  if (verb === "list") return list(found, await backend.deadLetters.count(filter), values, output);
  if (found.length === 0) {
    throw new CommandError(exitCodes.notFound, "There is no such dead letter: see dlq list");
  }
  if (verb === "show") {
    output.out(values.json ? JSON.stringify(found.map(masked)) : found.map(detailLines).join("\n\n"));
    return exitCodes.ok;
  }
  return await applyVerb(backend, verb, filter, found, values, output);
}

function list(found: readonly DeadLetter[], total: number, { json }: DlqValues, { out }: Output): number {
  if (json) out(JSON.stringify({ total, deadLetters: found.map(masked) }));
  else if (total === 0) out("No dead letters");
  else {
    for (const letter of found) out(oneLine(letter));
    if (total > found.length) out(`… and ${formatRounded(total - found.length)} more: use --limit`);
  }
  return exitCodes.ok;
}

function oneLine({ event, processor, caseId, attempts, held, since, failures }: DeadLetter): string {
  const error = failures.at(-1)?.class ?? "unknown";
  return `${event.position}  ${since}  ${processor}  ${event.event.event_type}  ${error} after ${attempts} attempts, ${held} held  ${caseId}`;
}

function detailLines(letter: DeadLetter): string {
  const { event, data } = { event: letter.event.event, data: withoutPersonalData(letter.event.event.data) };
  const attempts = letter.failures.map(({ class: name, message, stack, at }, i) =>
    redactBsns(
      `  attempt ${i + 1} at ${at}: ${name}: ${message}${
        stack === undefined ? "" : `\n${stack.replace(/^/gm, "    ")}`
      }`,
    )
  );
  return [
    oneLine(letter),
    `  event ${event.event_id} of ${event.timestamp}, version ${letter.event.version} of its case`,
    `  data ${redactBsns(JSON.stringify(data))}`,
    ...attempts,
  ].join("\n");
}

function masked(letter: DeadLetter): DeadLetter {
  const event = { ...letter.event.event, data: withoutPersonalData(letter.event.event.data) };
  return { ...letter, event: { ...letter.event, event } };
}

async function applyVerb(
  backend: Backend,
  verb: "redrive" | "discard",
  filter: DeadLetterFilter,
  found: readonly DeadLetter[],
  values: DlqValues,
  { out }: Output,
): Promise<number> {
  const held = found.reduce((sum, letter) => sum + letter.held, 0);
  const preview = `${verb} ${estimate(found, held, values.rate)}`;
  if (values["dry-run"]) {
    const outputs = values["show-outputs"] ? await previewRedrive(backend, found) : undefined;
    if (values.json) out(JSON.stringify({ would: verb, deadLetters: found.length, held, outputs }));
    else for (const line of [`Would ${preview}`, ...(outputs ?? []).map(renderPreview)]) out(line);
    return exitCodes.ok;
  }
  if (!values.json) out(`Will ${preview}`);
  const why = { by: values.as!, why: values.reason! };
  const done = values.rate === undefined
    ? await backend.deadLetters[verb](filter, why)
    : await redriveAtRate(backend, found, why, values.rate);
  out(values.json ? JSON.stringify({ did: verb, deadLetters: done, held }) : `Done: ${formatRounded(done)}`);
  return exitCodes.ok;
}

/** What an act will touch, and how long it takes at a rate. */
function estimate(found: readonly DeadLetter[], held: number, perSecond: number | undefined): string {
  const cases = new Set(found.map(({ caseId }) => caseId)).size;
  const what = `${formatRounded(found.length)} dead letters of ${cases} cases, with ${
    formatRounded(held)
  } deliveries`;
  const time = perSecond === undefined ? "" : `, in about ${Math.ceil(found.length / perSecond)} s`;
  return `${what} held behind them${time}`;
}

/** Oldest first, one by one, so that the store and the processors have time for other cases in between. */
async function redriveAtRate(
  { deadLetters }: Backend,
  found: readonly DeadLetter[],
  why: { by: string; why: string },
  perSecond: number,
): Promise<number> {
  const neverAborted = new AbortController().signal;
  let done = 0;
  for (const [i, { processor, caseId, event }] of found.entries()) {
    if (i > 0) await delay(1_000 / perSecond, neverAborted);
    done += await deadLetters.redrive({ processor, caseId, position: event.position }, why);
  }
  return done;
}
