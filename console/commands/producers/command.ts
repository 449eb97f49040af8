/** `producers`: who may send what. @module */
import { actorNameFault, ANYONE, SIMULATOR } from "../../../schema/authority/names.ts";
import { typesFromOutside } from "../../../schema/authority/types_from_outside.ts";
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { requireActReason } from "../../store/named_act.ts";
import type { Parsed } from "../../cli/options.ts";
import { allowOptions, denyOptions, forgetOptions, listProducersOptions } from "./options.ts";

const list = command({
  name: "list",
  summary: "Lists what anyone may send, and what was granted to producers or denied",
  options: listProducersOptions,
  run: async ({ values }: Parsed<typeof listProducersOptions>, output) =>
    await (await import("./run.ts")).listProducers(values, output),
});

const allow = command({
  name: "allow",
  summary: "Lets a producer send event types",
  arguments: "NAME [TYPE]...",
  options: allowOptions,
  examples: [
    [
      "zaakstroom producers allow cak case.payment_received --reason 'agreed with the CAK'",
      "payments of a producer that the server knows as cak",
    ],
  ],
  async run({ values, positional }: Parsed<typeof allowOptions>, output) {
    const { name, types } = namedTypes("allow", positional);
    if (types.length === 0 && !values["on-behalf-of"] && values.rate === undefined) {
      throw new UsageError("producers allow needs a TYPE, --on-behalf-of or --rate");
    }
    requireActReason("producers allow", values);
    return await (await import("./run.ts")).allowProducer(name, types, values, output);
  },
});

const deny = command({
  name: "deny",
  summary: "Lets a producer no longer send event types; without a type, any of them",
  arguments: "NAME [TYPE]...",
  options: denyOptions,
  examples: [
    [
      "zaakstroom producers deny simulator --reason 'real cases from today'",
      "no generated case is stored here",
    ],
    ["zaakstroom producers deny anyone case.withdrawn --reason 'by letter only'", "of whoever has no grant"],
  ],
  async run({ values, positional }: Parsed<typeof denyOptions>, output) {
    const { name, types } = namedTypes("deny", positional);
    requireActReason("producers deny", values);
    return await (await import("./run.ts")).denyProducer(name, types, values, output);
  },
});

const forget = command({
  name: "forget",
  summary: "Forgets what was granted to a producer and denied: it is as anyone again",
  arguments: "NAME",
  options: forgetOptions,
  exits: { [exitCodes.notFound]: "nothing was granted to it or denied" },
  async run({ values, positional }: Parsed<typeof forgetOptions>, output) {
    const { name, types } = namedTypes("forget", positional);
    if (types.length > 0) throw new UsageError("producers forget takes one NAME");
    requireActReason("producers forget", values);
    return await (await import("./run.ts")).forgetProducer(name, values, output);
  },
});

/** `producers`: on every store. */
export const producers = commandGroup({
  name: "producers",
  summary: "Producers: lists who may send which event types, allows and denies",
  notes: [
    "A producer's name is what the server proves: its role on PostgreSQL, the last token of cases.ingest.NAME on JetStream,",
    `which a permission binds. Who has no grant may send what ${ANYONE} may; the owner of the store may send what comes from`,
    `outside. Cases that this program generates come from ${SIMULATOR}.`,
  ].join("\n"),
  subcommands: [list, allow, deny, forget],
});

function namedTypes(verb: string, [name, ...types]: readonly string[]) {
  if (name === undefined) throw new UsageError(`producers ${verb} takes a NAME`);
  const fault = name === ANYONE || name === SIMULATOR ? undefined : actorNameFault(name);
  if (fault !== undefined) throw new UsageError(`A producer's name ${fault}`);
  const known: readonly string[] = typesFromOutside;
  const unknown = types.find((type) => !known.includes(type));
  if (unknown !== undefined) {
    throw new UsageError(`Cannot ${verb} this type: producers send ${known.join(", ")}`);
  }
  return { name, types };
}
