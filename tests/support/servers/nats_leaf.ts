/** Servers at two places: a hub that takes leaf nodes, and one that is linked to it. Each has a JetStream domain. @module */
import { freePort, startNats, type TestNats } from "./nats_server.ts";

/** What nodes, producers and consumers of one store say to each other, as `docs/how-to/nats_cluster.md` lists it. */
const apartSubjects = [
  ...["append", "bell", "commit", "inbox", "index", "log", "settle"].map((name) => `cases-${name}.>`),
  ...["leases", "producers", "relays", "secret"].map((name) => `$KV.CASES_${name}.>`),
  "cases.>",
  "cases-notify",
];

/** A server that takes leaf nodes. */
export interface LeafHub extends TestNats {
  readonly leafPort: number;
}

export async function startLeafHub(): Promise<LeafHub> {
  const leafPort = freePort();
  const server = await startNats({
    syncAlways: false,
    jetStreamConfig: "domain: hub",
    config: `server_name: hub\nleafnodes { listen: "127.0.0.1:${leafPort}" }`,
  });
  return Object.assign(server, { leafPort });
}

/** A server whose link keeps the subjects of a store apart: after its promotion there are two of it. */
export async function startLeaf({ leafPort }: LeafHub): Promise<TestNats> {
  const apart = apartSubjects.map((subject) => `"${subject}"`).join(", ");
  const remote =
    `{ url: "nats://127.0.0.1:${leafPort}", deny_imports: [${apart}], deny_exports: [${apart}] }`;
  return await startNats({
    syncAlways: false,
    jetStreamConfig: "domain: leaf",
    config: `server_name: leaf\nleafnodes { remotes: [${remote}] }`,
  });
}
