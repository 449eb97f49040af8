/** What the log of a store says of its restoration, in its metadata. @module */
import type { Restoration } from "../../restoration.ts";
import { BackendUnusable } from "../../errors.ts";
import type { NatsClient } from "../connection/client.ts";

/** Set while a restore is under way: what is there is not all of it. */
const RESTORING = "zaakstroom.restoring";
const RESTORED = "zaakstroom.restored";
const TIMELINE = "zaakstroom.timeline";

type Metadata = Readonly<Record<string, string>>;

/** The metadata of a log that is about to be restored, from those in its backup. */
export function whileRestoring(metadata: Metadata = {}): Metadata {
  return { ...metadata, [RESTORING]: "1", [TIMELINE]: String(timelineIn(metadata) + 1) };
}

function timelineIn(metadata: Metadata = {}): number {
  return Number(metadata[TIMELINE] ?? 1);
}

/** Throws BackendUnusable for a log that is not whole yet. */
export function requireRestored(
  { name, metadata = {} }: { readonly name: string; readonly metadata?: Metadata },
) {
  if (metadata[RESTORING] === undefined) return;
  throw new BackendUnusable(
    `The stream ${name} was not restored to its end: remove the streams of its store, and restore it again`,
  );
}

export async function readRestoration(client: NatsClient, log: string): Promise<Restoration | undefined> {
  const text = (await metadataOf(client, log))[RESTORED];
  return text === undefined ? undefined : JSON.parse(text);
}

/** The metadata of a log that becomes one of a new timeline at once, and what they say. */
export function restoredMetadata(
  metadata: Metadata | undefined,
  from: Omit<Restoration, "timeline">,
): { readonly metadata: Metadata; readonly restoration: Restoration } {
  const timeline = timelineIn(metadata) + 1;
  const restoration = { ...from, timeline };
  const said = { [TIMELINE]: String(timeline), [RESTORED]: JSON.stringify(restoration) };
  return { restoration, metadata: { ...metadata, ...said } };
}

/** Everything is there: nodes may open it, and it knows from where it came. */
export async function markRestored(
  client: NatsClient,
  log: string,
  restoration: Omit<Restoration, "timeline">,
): Promise<Restoration> {
  const { [RESTORING]: _, ...metadata } = await metadataOf(client, log);
  const restored = { ...restoration, timeline: timelineIn(metadata) };
  await setMetadata(client, log, { ...metadata, [RESTORED]: JSON.stringify(restored) });
  return restored;
}

/** Removes the mark. False where there is none. */
export async function liftRestoration(client: NatsClient, log: string): Promise<boolean> {
  const { [RESTORED]: mark, ...metadata } = await metadataOf(client, log);
  if (mark !== undefined) await setMetadata(client, log, metadata);
  return mark !== undefined;
}

async function metadataOf(client: NatsClient, log: string): Promise<Metadata> {
  return (await client.manage(({ streams }) => streams.info(log))).config.metadata ?? {};
}

async function setMetadata(client: NatsClient, log: string, metadata: Metadata): Promise<void> {
  await client.manage(({ streams }) => streams.update(log, { metadata: { ...metadata } }));
}
