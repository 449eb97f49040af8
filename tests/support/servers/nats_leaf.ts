/** Servers at two places: a hub that takes leaf nodes, and one that is linked to it. Each has a JetStream domain. @module */
import { natsRolesText } from "../../../schema/nats/rights.ts";
import { freePort, startNats, type TestNats } from "./nats_server.ts";

/** A server that takes leaf nodes, with the users that `setup --print-roles` prints. Whoever gives no name is the owner. */
interface LeafHub extends TestNats {
  readonly leafPort: number;
}

export async function startLeafHub(): Promise<LeafHub> {
  const leafPort = freePort();
  const users = natsRolesText().replaceAll(/\$ZAAKSTROOM_(\w+)_PASSWORD/g, "of-$1");
  const leafNodes = `leafnodes { listen: "127.0.0.1:${leafPort}" }`;
  const server = await startNats({
    syncAlways: false,
    jetStreamConfig: "domain: hub",
    config: `server_name: hub\n${users}\nno_auth_user: owner\n${leafNodes}`,
  });
  return Object.assign(server, { leafPort });
}

/** A server whose link has the rights of a mirror. */
export async function startLeaf({ leafPort }: LeafHub): Promise<TestNats> {
  return await startNats({
    syncAlways: false,
    jetStreamConfig: "domain: leaf",
    config:
      `server_name: leaf\nleafnodes { remotes: [{ url: "nats://mirror:of-MIRROR@127.0.0.1:${leafPort}" }] }`,
  });
}
