/** Checks a NATS server and the store on it, and changes nothing. @module */
import { natsRights } from "../../../schema/nats/rights.ts";
import type { Finding } from "../../diagnosis/finding.ts";
import { NatsClient } from "../connection/client.ts";
import { namesOf, type NatsOptions, requestedStoreOf } from "../setup/options.ts";
import { findingsOf } from "./findings.ts";
import { readMonitoring } from "./monitoring.ts";
import { readFacts } from "./server_facts.ts";

/**
 * Throws BackendUnavailable where no server answers, and BackendUnusable where it lets nobody in, or has streams of our names
 * that are not ours.
 * @param monitoring the address of the server's monitoring port, which reports what clients are not told
 */
export async function diagnoseNats(
  options: NatsOptions,
  monitoring?: string,
): Promise<readonly Finding[]> {
  const client = await NatsClient.open(options);
  try {
    const facts = await readFacts(client, requestedStoreOf(options));
    const settings = monitoring === undefined ? undefined : await readMonitoring(monitoring);
    const { replicas, syncAlways = false } = options;
    const { stream, prefix } = namesOf(options);
    const { publish, subscribe } = natsRights(stream, prefix).node;
    const answers = subscribe.filter((subject) => !subject.startsWith("_INBOX."));
    const subjects = { publish, subscribe: [`${client.inboxPrefix}.>`, ...answers] };
    return findingsOf(facts, { subjects, replicas, syncAlways, settings });
  } finally {
    await client.close();
  }
}
