/** What our event types are called as CloudEvents, and where events say they come from: configuration, with defaults. Pure. @module */
import { allEventTypes, type EventType, eventTypes, isEventType } from "../events.ts";

/** In the domain of debt assistance, as the NL GOV profile has it: reverse domain, and no organisation. */
const DOMAIN = "nl.schuldhulpverlening";

/** The default name of each type, in the domain. */
const DEFAULT_NAMES: Readonly<Record<EventType, string>> = {
  "case.intake": "zaak-aangemeld",
  "case.analysis": "zaak-geanalyseerd",
  "case.review_requested": "beoordeling-gevraagd",
  "case.intervention_requested": "menselijke-tussenkomst-gevraagd",
  "case.decision_proposed": "beslissing-voorgesteld",
  "case.decision": "beslissing-genomen",
  "case.payment_plan_created": "betalingsregeling-getroffen",
  "case.assistance_accepted": "hulp-aanvaard",
  "case.payment_received": "betaling-ontvangen",
  "case.term_expired": "termijn-verstreken",
  "case.wait_expired": "wachttijd-verlopen",
  "case.payment_missed": "betaling-gemist",
  "case.withdrawn": "zaak-ingetrokken",
  "case.debt_forgiven": "schuld-kwijtgescholden",
  "case.event_refused": "gebeurtenis-geweigerd",
  "case.reopened": "zaak-heropend",
  "case.completed": "zaak-afgesloten",
  "case.addressed": "gebeurtenis-geadresseerd",
  "case.child_started": "deelproces-gestart",
  "case.child_ended": "deelproces-geeindigd",
};

/** What an installation says of itself. */
interface EventNamesOptions {
  /** The whole `source`. Default: made of `oin` and `system`. */
  readonly source?: string | undefined;
  /** The number of the organisation (OIN), twenty digits. */
  readonly oin?: string | undefined;
  /** The name of the system. Default `zaakstroom`. */
  readonly system?: string | undefined;
  /** Names of types, without their version, in the place of the default ones. */
  readonly types?: Readonly<Partial<Record<EventType, string>>> | undefined;
  /** Where schemas of data are served, for `dataschema`. Default: events name no schema. */
  readonly schemas?: string | undefined;
}

/** A type of ours, with the version of its data. */
interface NamedType {
  readonly type: EventType;
  readonly version: number;
}

const VERSION = /^(.*?)(?:\.v([1-9]\d{0,5}))?$/;

/** The names of one installation, both ways. */
export class EventNames {
  readonly source: string;
  readonly #schemas: string | undefined;
  readonly #names = new Map<string, string>();
  readonly #types = new Map<string, EventType>();

  /** Throws RangeError where two types have one name. */
  constructor({ source, oin, system = "zaakstroom", types = {}, schemas }: EventNamesOptions = {}) {
    this.source = source ?? (oin === undefined ? `urn:${system}` : `urn:nld:oin:${oin}:systeem:${system}`);
    this.#schemas = schemas?.replace(/\/$/, "");
    for (const type of allEventTypes) {
      const name = types[type] ?? `${DOMAIN}.${DEFAULT_NAMES[type]}`;
      if (this.#types.has(name)) throw new RangeError(`${this.#types.get(name)} and ${type} have one name`);
      this.#names.set(type, name);
      this.#types.set(name, type);
    }
  }

  /** The name of a type with its version; of a type that this program does not know, the type itself. */
  nameOf(type: string, version: number): string {
    const name = this.#names.get(type);
    return name === undefined ? type : `${name}.v${version}`;
  }

  /** The type of a name; ours may be said as they are. undefined for any other. */
  typeOf(name: string): NamedType | undefined {
    const [, stem = "", version = "1"] = VERSION.exec(name) ?? [];
    const type = isEventType(stem) ? stem : this.#types.get(stem);
    return type === undefined ? undefined : { type, version: Number(version) };
  }

  /** Where the schema of a type's data is; undefined where none is served. */
  schemaOf(type: string, version: number): string | undefined {
    return this.#schemas && isEventType(type) ? `${this.#schemas}/${type}/v${version}` : undefined;
  }

  /** Every name that there is, with the current version. */
  list(): readonly string[] {
    return allEventTypes.map((type) => this.nameOf(type, eventTypes[type].version));
  }
}

/** The names of an installation that says nothing of itself. */
export const defaultNames: EventNames = new EventNames();
