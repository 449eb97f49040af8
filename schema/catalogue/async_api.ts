/** The AsyncAPI document of the events that a relay brings to JetStream. Pure. @module */
import type { EventNames } from "../cloudevents/event_names.ts";
import { listTypes } from "./catalogue.ts";

/** What every message has, as headers of the binary mode. */
const HEADERS = {
  type: "object",
  required: ["ce-specversion", "ce-id", "ce-source", "ce-type"],
  properties: Object.fromEntries(
    [
      ["ce-specversion", "1.0"],
      ["ce-id", "the id of the event: the same however often it is sent"],
      ["ce-source", "where it comes from"],
      ["ce-type", "the name of the type, with the version of its data"],
      ["ce-subject", "the case"],
      ["ce-time", "when it was recorded"],
      ["ce-occurredat", "when it happened"],
      ["ce-sequence", "its position in the log"],
      ["ce-caseversion", "the version of the case behind it"],
    ].map(([name, description]) => [name, { type: "string", description }]),
  ),
};

/** A channel for each type, with a message for each version of it. `prefix` is that of the relay. */
export function asyncApiDocument(names: EventNames, version: string, prefix = "cases"): object {
  const types = Object.entries(Object.groupBy(listTypes(names), ({ type }) => type));
  const channels = types.map(([type, versions = []]) => {
    const messages = versions.map(({ version, name, schema }) => [
      `v${version}`,
      {
        name,
        title: `${type} v${version}`,
        contentType: "application/json",
        headers: HEADERS,
        payload: schema,
      },
    ]);
    const address = `${prefix}.${type.replace(/^case\./, "")}`;
    return [keyOf(type), { address, messages: Object.fromEntries(messages) }] as const;
  });
  const operations = channels.map(([key]) => [
    `receive_${key}`,
    { action: "receive", channel: { $ref: `#/channels/${key}` } },
  ]);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Zaakstroom",
      version,
      description:
        "Events of cases as CloudEvents 1.0, as `relay` brings them to NATS JetStream. Personal data is masked.",
    },
    defaultContentType: "application/json",
    channels: Object.fromEntries(channels),
    operations: Object.fromEntries(operations),
  };
}

function keyOf(type: string): string {
  return type.replaceAll(".", "_");
}
