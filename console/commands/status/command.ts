/** `status`: how a store stands, on one screen. @module */
import { command } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { storeStatusOptions } from "./options.ts";

export const status = command({
  name: "status",
  summary: "Shows how a store stands: what waits, what is stuck, who works, what needs a person",
  options: storeStatusOptions,
  notes: [
    "It asks the store, so it needs no node. Waiting deliveries are counted up to 10,000 for each mailbox.",
    "With --watch, --output ndjson prints an object for each processor again and again, and --json the whole.",
  ].join("\n"),
  examples: [
    ["zaakstroom status", "of the embedded database"],
    ["zaakstroom status --backend nats --url nats://127.0.0.1:4222 --watch", "of JetStream, until Ctrl-C"],
  ],
  exits: {
    [exitCodes.ok]: "it was shown, whatever it says",
  },
  run: async ({ values }: Parsed<typeof storeStatusOptions>, output) =>
    await (await import("./run.ts")).showStoreStatus(values, output),
});
