/** When the stream was made from which messages were copied: names that are derived from it stay what they were. @module */
import type { StreamInfo } from "@nats-io/jetstream";

/** In the metadata of a stream that took the place of another one. */
export const ORIGIN = "zaakstroom.origin";

/** When a stream was made, or the one whose place it took. */
export function originOf({ config, created }: Pick<StreamInfo, "config" | "created">): string {
  return config.metadata?.[ORIGIN] ?? created;
}
