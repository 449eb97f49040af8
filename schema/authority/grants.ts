/** Which producer may store which types: the defaults, and what was granted or denied beside them. Pure. @module */
import type { EventType, Metadata, WireEvent } from "../events.ts";
import { ANYONE, isReserved, SIMULATOR } from "./names.ts";
import { classOf, typesFromOutside } from "./types_from_outside.ts";

/** What was granted to a producer, or denied. */
export interface ProducerGrants {
  readonly name: string;
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
  /** May act under the name of somebody else, which is recorded beside its own. */
  readonly onBehalfOf: boolean;
  /** Events a minute at most; undefined: no bound. */
  readonly perMinute?: number | undefined;
  readonly changedBy: string;
  readonly changedAt: string;
}

/** A change of grants. Types that are allowed are no longer denied, and the other way round. */
export interface GrantChange {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly onBehalfOf?: boolean | undefined;
  readonly perMinute?: number | undefined;
}

/** Who sends: a name that the server proves. */
export interface Producer {
  readonly name: string;
  /** Owns the store, or runs it: whoever may write the log itself. */
  readonly isOwner: boolean;
}

/** Grants by name. */
export type Grants = ReadonlyMap<string, ProducerGrants>;

/** What may be sent without any grant. */
export const anyoneTypes: readonly EventType[] = ["case.intake", "case.withdrawn"];

/** What a producer may send where nothing was granted or denied. */
export function defaultTypes({ name, isOwner }: Producer): readonly EventType[] {
  return isOwner || name === SIMULATOR ? typesFromOutside : anyoneTypes;
}

/** Why a producer may not send a type; undefined when it may. */
export function grantFault(producer: Producer, type: string, grants: Grants): string | undefined {
  if (classOf(type) === "runtime") {
    return `${type} comes from the runtime alone, never from a producer`;
  }
  return mayBeSent(producer, type, grants) ? undefined : `${producer.name} may not send ${type}`;
}

function mayBeSent(producer: Producer, type: string, grants: Grants): boolean {
  const { allowed, denied } = grantsOf(producer, grants);
  if (denied.includes(type)) return false;
  return allowed.includes(type) || (defaultTypes(producer) as readonly string[]).includes(type);
}

const NOTHING = { allowed: [], denied: [] } as const;

/** A producer without grants of its own has those of anyone; the owner and the simulator are not just anyone. */
function grantsOf({ name, isOwner }: Producer, grants: Grants): Pick<ProducerGrants, "allowed" | "denied"> {
  const own = grants.get(name);
  if (own !== undefined) return own;
  return isOwner || name === SIMULATOR ? NOTHING : grants.get(ANYONE) ?? NOTHING;
}

/** True for what a producer may send only because anyone may: a withdrawal by it must be confirmed. */
function isAnyones(producer: Producer, type: string, grants: Grants): boolean {
  if (producer.isOwner || producer.name === SIMULATOR) return false;
  return producer.name === ANYONE || !grants.get(producer.name)?.allowed.includes(type);
}

/** An event as its producer may have it stored: under its name, and marked where it must be confirmed. */
export function admitted(event: WireEvent, producer: Producer, grants: Grants): WireEvent {
  const source = sourceOf(event.metadata.source, producer);
  const confirm = event.event_type === "case.withdrawn" && isAnyones(producer, event.event_type, grants);
  const { marks = [] } = event.metadata;
  if (source === event.metadata.source && !confirm) return event;
  const { source: _, ...rest } = event.metadata;
  const metadata: Metadata = {
    ...rest,
    ...(source === undefined ? {} : { source }),
    ...(confirm ? { marks: [...marks.filter((mark) => mark !== "to_be_confirmed"), "to_be_confirmed"] } : {}),
  };
  return { ...event, metadata };
}

/** The owner's programs name their own sources, though none of the runtime's; everybody else is who the server says. */
function sourceOf(said: string | undefined, { name, isOwner }: Producer): string | undefined {
  if (name === SIMULATOR) return said?.startsWith(`${SIMULATOR}/`) ? said : SIMULATOR;
  if (!isOwner) return name;
  return said !== undefined && isReserved(said) ? undefined : said;
}

/** Grants after a change. */
export function changed(
  before: ProducerGrants | undefined,
  name: string,
  { allow = [], deny = [], onBehalfOf, perMinute }: GrantChange,
  { by, at }: { readonly by: string; readonly at: string },
): ProducerGrants {
  const { allowed = [], denied = [] } = before ?? {};
  const rate = perMinute ?? before?.perMinute;
  return {
    name,
    allowed: [...new Set([...allowed.filter((type) => !deny.includes(type)), ...allow])].sort(),
    denied: [...new Set([...denied.filter((type) => !allow.includes(type)), ...deny])].sort(),
    onBehalfOf: onBehalfOf ?? before?.onBehalfOf ?? false,
    ...(rate === undefined ? {} : { perMinute: rate }),
    changedBy: by,
    changedAt: at,
  };
}
