/** What is wrong with the attributes of a CloudEvent: by the specification 1.0, and by the NL GOV profile 1.1. Pure. @module */
import { isBsnLike } from "../bsn.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** What is not an attribute. */
const PAYLOAD = ["data", "data_base64"];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;
const JSON_TYPE = /^[\w!#$&^.+-]+\/(?:[\w!#$&^.+-]+\+)?json\s*(?:;.*)?$/i;
const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:\S+$/i;

interface Rule {
  readonly attribute: string;
  readonly isKept: (value: unknown) => boolean;
  readonly fault: string;
}

const isText = (value: unknown) => typeof value === "string" && value !== "";
const optional = (isKept: (text: string) => boolean) => (value: unknown) =>
  value === undefined || typeof value === "string" && isKept(value);

/** What the specification asks of the attributes that it names. */
const rules: readonly Rule[] = [
  { attribute: "specversion", isKept: (value) => value === "1.0", fault: "must be 1.0" },
  { attribute: "id", isKept: isText, fault: "must be a text that is not empty" },
  {
    attribute: "source",
    isKept: (value) => isText(value) && !/\s/.test(String(value)),
    fault: "must be a URI reference",
  },
  { attribute: "type", isKept: isText, fault: "must be a text that is not empty" },
  { attribute: "subject", isKept: optional((text) => text !== ""), fault: "must not be empty" },
  { attribute: "time", isKept: optional((text) => TIME.test(text)), fault: "must be a time by RFC 3339" },
  {
    attribute: "occurredat",
    isKept: optional((text) => TIME.test(text)),
    fault: "must be a time by RFC 3339",
  },
  {
    attribute: "datacontenttype",
    isKept: optional((text) => JSON_TYPE.test(text)),
    fault: "must be JSON",
  },
  {
    attribute: "dataschema",
    isKept: optional((text) => ABSOLUTE_URI.test(text)),
    fault: "must be an absolute URI",
  },
];

/** What breaks the specification. */
export function cloudEventFaults(event: Attributes): string[] {
  const named = rules.filter(({ attribute, isKept }) => !isKept(event[attribute]));
  return [
    ...named.map(({ attribute, fault }) => `${attribute}: ${fault}`),
    ...attributesOf(event).flatMap(([name, value]) => extensionFaults(name, value)),
    ...(PAYLOAD.every((each) => each in event) ? ["data_base64: stands beside data"] : []),
  ];
}

function attributesOf(event: Attributes): [string, unknown][] {
  return Object.entries(event).filter(([name]) => !PAYLOAD.includes(name));
}

/** The name of an attribute may be anything that somebody wrote: a fault does not repeat it. */
function extensionFaults(name: string, value: unknown): string[] {
  if (!/^[a-z0-9]+$/.test(name)) return ["the name of an attribute has lower-case letters and digits alone"];
  if (typeof value === "string" || typeof value === "boolean" || isInt32(value)) return [];
  return ["the value of an attribute is a text, a whole number or a boolean"];
}

function isInt32(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31 - 1;
}

const LONGEST_NAME = 20;
const MOST_BYTES = 65_536;
const NL_SOURCE = /^urn:nld:(?:oin:\d{20}|kvknr:\d{8}|gemeentecode:\d{4}):systeem:[\w.~-]+$/;
const REVERSE_DOMAIN = /^[a-z]{2,}(?:\.[a-z0-9][a-z0-9-]*)+$/;

const encoder = new TextEncoder();

/** What breaks the profile beyond that. What it says one should do, it is held to here. */
export function profileFaults(event: Attributes): string[] {
  const type = String(event.type);
  const versions = type.split(".").filter((part) => /^v\d+$/.test(part));
  const attributes = attributesOf(event);
  const checks: readonly (readonly [boolean, string])[] = [
    [NL_SOURCE.test(String(event.source)), "source: must be urn:nld:oin:OIN:systeem:NAME"],
    [REVERSE_DOMAIN.test(type), "type: must be a name in reverse domain notation"],
    [versions.length < 2, "type: has more than one version"],
    [
      attributes.every(([name]) => name.length <= LONGEST_NAME),
      `the name of an attribute has at most ${LONGEST_NAME} characters`,
    ],
    [
      !attributes.some(([, value]) => typeof value === "string" && isBsnLike(value)),
      "an attribute may be a BSN: it passes the eleven-test",
    ],
    [
      encoder.encode(JSON.stringify(event)).length <= MOST_BYTES,
      `has more than ${MOST_BYTES} bytes`,
    ],
  ];
  return checks.filter(([isKept]) => !isKept).map(([, fault]) => fault);
}
