/** Tests that need a nats-server of the versions this program is made for. @module */
import { findNatsServer } from "./nats_server.ts";
import { testsRequiring } from "../requires.ts";

const missing = await findNatsServer().then(() => undefined, ({ message }: Error) => message);

/** `Deno.test` for tests that start a nats-server: ignored where none is to be had, which fails in CI. */
export const natsTest = testsRequiring(missing);
