/** What the subcommands of `producers` do. @module */
import {
  anyoneTypes,
  defaultTypes,
  type GrantChange,
  type ProducerGrants,
} from "../../../schema/authority/grants.ts";
import { ANYONE, SIMULATOR } from "../../../schema/authority/names.ts";
import { typesFromOutside } from "../../../schema/authority/types_from_outside.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { actedBy } from "../../store/identity.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { AllowValues, DenyValues, ForgetValues, ListProducersValues } from "./options.ts";

/** A producer as it is printed. */
interface Shown {
  readonly name: string;
  readonly sends: readonly string[];
  readonly denied: readonly string[];
  readonly on_behalf_of: boolean;
  readonly per_minute: number | null;
  readonly changed_by: string | null;
  readonly changed_at: string | null;
}

const DEFAULTS: readonly Shown[] = [
  unchanged("owner", true),
  unchanged(SIMULATOR, false),
  unchanged(ANYONE, false),
];

function unchanged(name: string, isOwner: boolean): Shown {
  const sends = defaultTypes({ name, isOwner });
  const on_behalf_of = isOwner;
  return { name, sends, denied: [], on_behalf_of, per_minute: null, changed_by: null, changed_at: null };
}

function shown(grants: ProducerGrants): Shown {
  const { name, allowed, denied, onBehalfOf, perMinute = null, changedBy, changedAt } = grants;
  const before = DEFAULTS.find((each) => each.name === name)?.sends ?? anyoneTypes;
  const sends = [...new Set([...before, ...allowed])].filter((type) => !denied.includes(type));
  return {
    ...{ name, sends, denied, on_behalf_of: onBehalfOf, per_minute: perMinute },
    ...{ changed_by: changedBy, changed_at: changedAt },
  };
}

/** Lists the defaults and the grants. */
export function listProducers(values: ListProducersValues, output: Output): Promise<number> {
  return withBackend(values, async ({ producers }) => {
    const granted = (await producers.list()).map(shown);
    const rest = DEFAULTS.filter(({ name }) => !granted.some((each) => each.name === name));
    const rows = [...rest, ...granted];
    const columns = ["name", "sends", "on_behalf_of", "per_minute", "changed_by", "changed_at"];
    printResult(output, values, listResult("producers", rows, { columns, empty: "" }));
    return exitCodes.ok;
  });
}

/** Grants types, a rate, or the right to act for others. */
export function allowProducer(
  name: string,
  allow: readonly string[],
  values: AllowValues,
  output: Output,
): Promise<number> {
  const onBehalfOf = values["on-behalf-of"] ? true : undefined;
  return changeProducer(name, { allow, onBehalfOf, perMinute: values.rate }, values, output);
}

/** Denies types: all of them where none is named. */
export function denyProducer(
  name: string,
  types: readonly string[],
  values: DenyValues,
  output: Output,
): Promise<number> {
  const ofOthers = values["on-behalf-of"];
  const deny = types.length === 0 && !ofOthers ? typesFromOutside : types;
  return changeProducer(name, { deny, onBehalfOf: ofOthers ? false : undefined }, values, output);
}

function changeProducer(
  name: string,
  change: GrantChange,
  values: AllowValues | DenyValues,
  output: Output,
): Promise<number> {
  return withBackend(values, async (backend) => {
    const act = {
      by: await actedBy(backend, values, "producers.change"),
      why: whyOf(name, change, values.reason!),
    };
    const after = shown(await backend.producers.change(name, change, act));
    const text = `${name} may send ${after.sends.join(", ") || "nothing"}`;
    printResult(output, values, { json: after, text });
    return exitCodes.ok;
  });
}

/** What the trail says: what was changed, and why. */
function whyOf(name: string, { allow = [], deny = [] }: GrantChange, reason: string): string {
  const parts = [["allow", allow], ["deny", deny]] as const;
  const said = parts.filter(([, types]) => types.length > 0).map(([verb, types]) =>
    `${verb} ${types.join(", ")}`
  );
  return `${name}: ${[...said, reason].join("; ")}`;
}

/** Forgets grants and denials. */
export function forgetProducer(name: string, values: ForgetValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const act = { by: await actedBy(backend, values, "producers.change"), why: `${name}: ${values.reason!}` };
    if (!await backend.producers.forget(name, act)) {
      throw new CommandError(exitCodes.notFound, "Nothing was granted to this producer or denied");
    }
    printResult(output, values, { json: { name, forgotten: true }, text: `${name} is as anyone again` });
    return exitCodes.ok;
  });
}
