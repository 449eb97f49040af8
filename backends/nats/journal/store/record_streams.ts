/** Makes the streams of a store of records that are not there. @module */
import type { NatsClient } from "../../connection/client.ts";
import { RECORD_LAYOUT } from "../../setup/record_layout.ts";
import { ensureStreams, type OpenedStore, type RequestedStore } from "../../setup/streams.ts";

/** The store as it is. */
export type RecordStore = OpenedStore;

export function ensureRecordStreams(client: NatsClient, wanted: RequestedStore): Promise<RecordStore> {
  return ensureStreams(client, wanted, false, RECORD_LAYOUT);
}
