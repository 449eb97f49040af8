/** `doctor`: checks a server and the store on it, says what to change and why, and changes nothing. @module */
import { join } from "node:path";
import type { Finding, FindingLevel } from "../../backends/diagnosis/finding.ts";
import { defaultDataDir } from "../../backends/local_server/data_directory.ts";
import { addressOf } from "../../schema/postgres/postgres_url.ts";
import { httpUrl } from "../../schema/settings.ts";
import { command, type Output } from "../cli/command.ts";
import { CommandError, exitCodes } from "../cli/exit_codes.ts";
import { type Paint, paintNothing } from "../cli/color.ts";
import type { Parsed } from "../cli/options.ts";
import { outputOptions, printResult } from "../cli/output.ts";
import { openNatsServer } from "../store/nats_server.ts";
import { backendOptions, serverBackendOption } from "../store/options.ts";
import { namingServer, requirePostgresUrl } from "../store/server_address.ts";

const { "require-durable": _durable, partitions: _partitions, ...serverOptions } = backendOptions;

const doctorOptions = {
  ...serverOptions,
  backend: serverBackendOption,
  "nats-monitoring": {
    schema: httpUrl.optional(),
    backends: ["nats"],
    value: "URL",
    env: "ZAAKSTROOM_NATS_MONITORING",
    help: "nats: http://host:port of the server's monitoring, which alone reports how it syncs",
  },
  ...outputOptions,
} as const;

type DoctorCall = Parsed<typeof doctorOptions>;
type DoctorValues = DoctorCall["values"];

export const doctor = command({
  name: "doctor",
  summary: "Checks a PostgreSQL or NATS server, and says what to change and why",
  options: doctorOptions,
  notes: [
    "Only reads: version, durability, memory, connections, rights, clock, disk, replicas. Without --url it checks the",
    "server of this machine. ok: as wanted; unknown: the server does not report it; advice: works, and would be safer or",
    "faster; problem: data may be lost, or the store does not work.",
  ].join("\n"),
  examples: [
    ["zaakstroom doctor --url postgres://user@host/database", "before the first start on a server"],
    [
      "zaakstroom doctor --backend nats --url nats://host --nats-monitoring http://host:8222",
      "how it syncs, too",
    ],
    ["zaakstroom doctor --json", "for a script: findings under their level, check, found, change, why"],
  ],
  exits: {
    [exitCodes.ok]: "no problem was found; there may be advice",
    [exitCodes.failed]: "at least one problem was found",
    [exitCodes.notFound]: "without --url: this machine has no store yet",
  },
  async run({ values }: DoctorCall, output) {
    const { where, findings } = values.backend === "nats"
      ? await checkNats(values)
      : await checkPostgres(values);
    printFindings(findings, where, values, output);
    return findings.some(({ level }) => level === "problem") ? exitCodes.failed : exitCodes.ok;
  },
});

interface Diagnosis {
  readonly where: string;
  readonly findings: readonly Finding[];
}

async function checkNats(values: DoctorValues): Promise<Diagnosis> {
  if (values.url === undefined) await requireStore(values, "nats");
  const server = await openNatsServer(values, "client");
  try {
    const { diagnoseNats } = await import("../../backends/nats/diagnosis/diagnose.ts");
    const diagnosing = diagnoseNats(server.options, values["nats-monitoring"]);
    return {
      where: server.where,
      findings: await diagnosing.catch(namingServer(values.url && server.where)),
    };
  } finally {
    await server.close();
  }
}

async function checkPostgres(values: DoctorValues): Promise<Diagnosis> {
  const { url, pooler } = values;
  requirePostgresUrl(values);
  if (url === undefined) return await checkEmbedded(values);
  const { diagnosePostgres } = await import("../../backends/postgres/diagnosis/diagnose.ts");
  const where = addressOf(url);
  const diagnosing = diagnosePostgres({ url, pooler, caFile: values["tls-ca"] });
  return { where, findings: await diagnosing.catch(namingServer(where)) };
}

async function checkEmbedded(values: DoctorValues): Promise<Diagnosis> {
  await requireStore(values, "cluster");
  const dataDir = values["data-dir"];
  const { openEmbedded } = await import("../../backends/postgres/embedded/embedded.ts");
  const { diagnosePostgres } = await import("../../backends/postgres/diagnosis/diagnose.ts");
  const embedded = await openEmbedded({ role: "client", ...(dataDir === undefined ? {} : { dataDir }) });
  try {
    return { where: embedded.dataDir, findings: await diagnosePostgres(embedded.connection) };
  } finally {
    await embedded.close();
  }
}

/** A check makes no store: opening a server of this machine would. */
async function requireStore(values: DoctorValues, directory: "cluster" | "nats"): Promise<void> {
  const dataDir = values["data-dir"] ?? defaultDataDir();
  if (await Deno.stat(join(dataDir, directory)).then(() => true, () => false)) return;
  throw new CommandError(
    exitCodes.notFound,
    `There is no store in ${dataDir} yet: run start, which makes one, or give --url`,
  );
}

function printFindings(
  findings: readonly Finding[],
  where: string,
  values: DoctorValues,
  output: Output,
): void {
  const count = (level: FindingLevel) => findings.filter((each) => each.level === level).length;
  const [problems, advice] = [count("problem"), count("advice")];
  printResult(output, values, {
    json: { backend: values.backend, where, problems, advice, findings },
    rows: findings,
    columns: ["level", "check", "found", "change", "why"],
    text: [
      ...findings.flatMap((each) => linesOf(each, output.paint?.out)),
      `${where}: ${problems === 1 ? "1 problem" : `${problems} problems`}, ${advice} advice`,
    ].join("\n"),
  });
}

const STYLES = { ok: "green", advice: "bold", problem: "red" } as const;

function linesOf(
  { level, check, found, change, why }: Finding,
  paint: Paint = paintNothing,
): readonly string[] {
  const word = level.padEnd(8);
  return [
    `${level === "unknown" ? word : paint(STYLES[level], word)}${check}: ${found}`,
    ...(change === undefined ? [] : [`        change: ${change}`]),
    ...(why === undefined ? [] : [`        why: ${why}`]),
  ];
}
