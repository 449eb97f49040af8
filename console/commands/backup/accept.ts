/** `backup accept`. @module */
import { originOf } from "../../../backends/restoration.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { actedBy } from "../../store/identity.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { AcceptValues } from "./options.ts";

/** Takes the mark of a restored store away, so that what leaves it goes on. */
export async function acceptRestoration(values: AcceptValues, output: Output): Promise<number> {
  const { reason: why } = values;
  if (why === undefined) throw new UsageError("backup accept needs --reason: the trail keeps it");
  return await withBackend(values, async (backend) => {
    const restoration = await backend.restoredFrom();
    const act = { by: await actedBy(backend, values, "backup.accept"), why };
    const isAccepted = restoration !== undefined && await backend.acceptRestoration(act);
    printResult(output, values, {
      json: { accepted: isAccepted, restoration: restoration ?? null },
      text: isAccepted
        ? `Accepted: what leaves the store goes on (it was ${originOf(restoration)})`
        : "There is nothing to accept: the store was not restored, or somebody has accepted it",
    });
    return isAccepted ? exitCodes.ok : exitCodes.notFound;
  });
}
