/** What the subcommands of `audit` do. @module */
import { z } from "zod";
import type { Break, KeptHead, PartitionReport } from "../../../backends/chain/report.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { formatInteger } from "../../cli/redaction.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { VerifyValues } from "./options.ts";

/** Verifies every partition, a line each. */
export async function verifyLog(values: VerifyValues, output: Output): Promise<number> {
  const heads = values.heads === undefined ? new Map() : await readHeads(values.heads);
  return await withBackend(values, async ({ chain, partitions }) => {
    const reports: PartitionReport[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      reports.push(await chain.verify(partition, heads.get(partition)));
    }
    const isWhole = reports.every(({ broken }) => broken === undefined);
    printResult(output, values, {
      json: { whole: isWhole, partitions: reports },
      rows: reports,
      text: reports.map(lineOf).join("\n"),
    });
    return isWhole ? exitCodes.ok : exitCodes.failed;
  });
}

const keptHeads = z.object({
  partitions: z.array(z.object({ partition: z.int(), blocks: z.int(), head: z.string() })),
});

async function readHeads(file: string): Promise<Map<number, KeptHead>> {
  const text = await Deno.readTextFile(file).catch(() => {
    throw new CommandError(
      exitCodes.notFound,
      `Cannot read ${file}: give what audit verify --json has printed`,
    );
  });
  try {
    return new Map(keptHeads.parse(JSON.parse(text)).partitions.map((head) => [head.partition, head]));
  } catch {
    throw new CommandError(exitCodes.input, `${file} is not what audit verify --json prints`);
  }
}

function lineOf({ partition, blocks, events, uncovered, head, broken }: PartitionReport): string {
  if (broken !== undefined) return `partition ${partition}: BROKEN, ${describe(broken)}`;
  const covered = `${formatInteger(events)} events in ${formatInteger(blocks)} blocks`;
  return `partition ${partition}: whole, ${covered}, ${formatInteger(uncovered)} in none yet, head ${head}`;
}

function describe(broken: Break): string {
  if (broken.kind === "block") return `block ${broken.number}: ${broken.why}`;
  if (broken.kind === "record") {
    return `the record ${broken.sequence} (from position ${broken.position}): ${broken.why}`;
  }
  const { kind, position, eventId } = broken;
  if (kind === "missing") return `the event at position ${position} is gone`;
  const what = kind === "changed" ? "is not as it was stored" : "was put in later";
  return `the event ${eventId} at position ${position} ${what}`;
}
