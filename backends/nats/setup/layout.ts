/** The version of the layout of a JetStream store, which its log says in its metadata. @module */
import type { StreamConfig } from "@nats-io/jetstream";
import { partitionsIn, type StreamSettings } from "../../../schema/nats.ts";
import type { StoreVersion } from "../../primitives/store_version.ts";

/** Of this program: its version, and the oldest version of a program that works with it. A change of the layout raises them. */
export const LAYOUT: StoreVersion = { version: 1, servesFrom: 1 };

const VERSION_KEY = "zaakstroom.version";
const SERVES_KEY = "zaakstroom.serves_from";

/** The layout of a store by its log; one from before it was said has the first. */
export function layoutOf({ metadata }: Partial<StreamConfig>): StoreVersion {
  const version = Number(metadata?.[VERSION_KEY] ?? 1);
  return { version, servesFrom: Number(metadata?.[SERVES_KEY] ?? version) };
}

/** A new stream as it is made: the log says its layout. */
export function withLayout(settings: StreamSettings): StreamSettings {
  if (!isLog(settings)) return settings;
  const said = { [VERSION_KEY]: `${LAYOUT.version}`, [SERVES_KEY]: `${LAYOUT.servesFrom}` };
  return { ...settings, metadata: { ...settings.metadata, ...said } };
}

/** True for the stream of the events, which alone says how many partitions it has. */
export function isLog(config: Partial<StreamConfig>): boolean {
  return partitionsIn(config) >= 1;
}
