/** What the subcommands of `mirror` do. @module */
import { createMirror } from "../../../backends/nats/mirror/create.ts";
import { type PromotedMirror, promoteMirror } from "../../../backends/nats/mirror/promote.ts";
import { type MirrorStatus, mirrorStatus } from "../../../backends/nats/mirror/status.ts";
import type { NatsOptions } from "../../../backends/nats/setup/options.ts";
import { originOf } from "../../../backends/restoration.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { printResult, toSnakeCase } from "../../cli/output.ts";
import { formatInteger } from "../../cli/redaction.ts";
import { hostsOf, natsOptionsOf } from "../../store/nats_options.ts";
import { namingServer } from "../../store/server_address.ts";
import type { CreateMirrorValues, MirrorValues, PromoteValues } from "./options.ts";

export async function createMirrors(values: CreateMirrorValues, output: Output): Promise<number> {
  const { of } = values;
  if (of === undefined) throw new UsageError("mirror create needs --of: the domain that has the store");
  const { created, kept } = await onServer("create", values, (options) => createMirror(options, of));
  printResult(output, values, {
    json: { of, created, kept },
    text: [
      ...created.map((name) => `Mirrors the stream ${name} of ${of}`),
      ...kept.map((name) => `The stream ${name} is mirrored already`),
    ].join("\n"),
  });
  return exitCodes.ok;
}

export async function showMirrors(values: MirrorValues, output: Output): Promise<number> {
  const status = await onServer("status", values, mirrorStatus);
  printResult(output, values, { json: toSnakeCase(status) as object, text: describeStatus(status) });
  return status.isSourceThere && status.missing.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function describeStatus({ of, isSourceThere, moment, streams, missing }: MirrorStatus): string {
  return [
    `A mirror of ${of}, which ${
      isSourceThere ? "answers" : "does not answer"
    }; the last record is of ${moment}`,
    ...streams.map(({ name, last, behind }) =>
      `${name}: ${formatInteger(last)}${behind === undefined ? "" : `, ${formatInteger(behind)} behind`}`
    ),
    ...missing.map((name) => `${name}: no mirror yet; mirror create makes it`),
  ].join("\n");
}

export async function promoteMirrors(values: PromoteValues, output: Output): Promise<number> {
  const request = { isSourceOver: values["source-is-over"] };
  const promoted = await onServer("promote", values, (options) => promoteMirror(options, request));
  const { restoration, last, missing } = promoted;
  printResult(output, values, {
    json: toSnakeCase({ ...restoration, last, missing: missing ?? null }) as object,
    text: describePromoted(promoted, hostsOf(values.url!)),
  });
  return exitCodes.ok;
}

function describePromoted({ restoration, missing }: PromotedMirror, host: string): string {
  const lost = missing === undefined
    ? "What the source acknowledged later and had not sent is not in it."
    : `${formatInteger(missing)} records of the source are not in it.`;
  return [
    `The store was ${originOf(restoration)}. ${lost}`,
    `To go on with it: zaakstroom start --backend nats --url ${host}; the old one must not be written to again`,
    `What leaves the store waits until zaakstroom backup accept --backend nats --url ${host} --reason TEXT`,
  ].join("\n");
}

/** Runs something on the server of `--url`: one of this machine's own has no links to others. */
async function onServer<T>(
  verb: string,
  values: MirrorValues,
  work: (options: NatsOptions) => Promise<T>,
): Promise<T> {
  const { url } = values;
  if (url === undefined) throw new UsageError(`mirror ${verb} needs --url: the server of the mirror`);
  return await work(natsOptionsOf(url, values)).catch(namingServer(hostsOf(url)));
}
