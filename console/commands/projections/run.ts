/** What the subcommands of `projections` do. @module */
import { delay } from "@std/async/delay";
import { projections, selections } from "../../../actors/application.ts";
import { findModel, projectedModels } from "../../../actors/case_list.ts";
import { Projector } from "../../../actors/projector.ts";
import type { ModelBuild, ModelStore } from "../../../backends/projections.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { formatInteger } from "../../cli/redaction.ts";
import { Progress } from "../../cli/terminal.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { BackendValues } from "../../store/options.ts";
import type { DropProjectionValues, ProjectionStatusValues, RebuildValues } from "./options.ts";

/** How often is asked whether a node has built what this command waits for. */
const POLL_MS = 250;

/** Lists the read models of this program, and those that a store keeps beside them. */
export function listProjections(values: ProjectionStatusValues, output: Output): Promise<number> {
  return withModels(values, async (models) => {
    const builds = await models.builds();
    const kept = builds.map(({ name }) => name);
    const named = [...projections, ...selections].map(({ name }) => name);
    const rows = [...new Set([...named, ...kept])].map((name) => {
      const { model, projection = name } = findModel(name) ?? {};
      const serving = builds.find((build) => build.name === projection && build.state === "serving");
      return {
        name,
        part_of: projection === name ? null : projection,
        served: serving !== undefined,
        version: serving?.version ?? null,
        columns: Object.keys(model?.columns ?? {}),
      };
    });
    printResult(output, values, {
      ...listResult("projections", rows, {
        columns: ["name", "part_of", "served", "version", "columns"],
        empty: "",
      }),
    });
    return exitCodes.ok;
  });
}

const STATUS = ["name", "build", "state", "version", "behind", "held", "skipped", "served_at", "differences"];

/** Shows every build. */
export function showStatus(
  name: string | undefined,
  values: ProjectionStatusValues,
  output: Output,
): Promise<number> {
  return withModels(values, async (models) => {
    const projection = name === undefined ? undefined : findModel(name)?.projection ?? name;
    const [builds, pending] = await Promise.all([models.builds(), models.pending()]);
    const shown = builds.filter((build) => projection === undefined || build.name === projection);
    if (name !== undefined && shown.length === 0 && findModel(name) === undefined) throw notFound(name);
    const rows = shown.map((build) => statusOf(build, pending.get(build.id) ?? 0));
    printResult(output, values, {
      ...listResult("builds", rows, {
        columns: STATUS,
        empty: "No read model was built yet: a node does, and so does cases list",
      }),
      note: rows.flatMap(({ name, held_at }) =>
        held_at.map((each) =>
          `${name} is held in partition ${each.partition} at position ${each.position} (${each.event_type}): ${each.reason}`
        )
      ).join("\n") || undefined,
    });
    return exitCodes.ok;
  });
}

/** A build as programs see it. */
function statusOf(build: ModelBuild, behind: number) {
  const { id, name, state, version, progress, createdAt, servedAt, differences } = build;
  const held_at = progress.flatMap(({ held }, partition) =>
    held === null ? [] : [{
      partition,
      position: held.position,
      event_id: held.eventId,
      event_type: held.eventType,
      reason: held.reason,
    }]
  );
  const lastSkipped = progress.map((each) => each.lastSkipped).filter((each) => each !== null).at(-1);
  return {
    ...{ name, build: id, state, version, behind, held: held_at.length },
    skipped: progress.reduce((sum, each) => sum + each.skipped, 0),
    created_at: createdAt,
    served_at: servedAt,
    differences,
    held_at,
    ...lastSkipped === undefined ? {} : {
      last_skipped: {
        position: lastSkipped.position,
        event_id: lastSkipped.eventId,
        reason: lastSkipped.reason,
      },
    },
  };
}

/** Makes a read model anew, or goes back to the one before. */
export function rebuildProjection(name: string, values: RebuildValues, output: Output): Promise<number> {
  return withModels(values, async (models) => {
    const { projection } = knownModel(name);
    const served = values.back ? await goBack(models, projection) : await rebuild(models, projection, output);
    const { id, differences } = served;
    const compared = differences === null ? "not compared" : `${formatInteger(differences)} rows differ`;
    const text = values.back
      ? `${projection} is read from build ${id} again`
      : `Rebuilt ${projection}: ${compared}`;
    printResult(output, values, { json: { name: projection, build: id, differences }, text });
    return exitCodes.ok;
  });
}

async function goBack(models: ModelStore, name: string): Promise<ModelBuild> {
  const previous = (await models.builds()).find((build) => build.name === name && build.state === "previous");
  if (previous === undefined) {
    throw new CommandError(
      exitCodes.notFound,
      `There is nothing to go back to: of ${name} no earlier build is kept`,
    );
  }
  await models.serve(previous.id, null);
  return previous;
}

/** Builds, unless a node is faster. Ends when the build is read. */
async function rebuild(models: ModelStore, name: string, output: Output): Promise<ModelBuild> {
  const projected = projectedModels([name]);
  const projector = new Projector(models, projected, {
    projector: `command-${crypto.randomUUID()}`,
    limit: 250,
  });
  await models.begin(projected[0]!.shape);
  const begun = (await models.builds()).findLast((build) =>
    build.name === name && build.state === "building"
  );
  const progress = new Progress(output, { what: "events" });
  for (;;) {
    const outcome = await projector.step();
    const builds = await models.builds();
    const now = builds.find(({ id }) => id === begun?.id);
    progress.update(checkpointOf(now));
    if (now === undefined || now.state !== "building") {
      progress.clear();
      return now ?? builds.find((build) => build.name === name && build.state === "serving")!;
    }
    if (outcome !== "behind") await delay(POLL_MS);
  }
}

/** How many positions a build has behind it: of the farthest partition. */
function checkpointOf(build: ModelBuild | undefined): number {
  return Math.max(0, ...build?.progress.map(({ checkpoint }) => checkpoint) ?? []);
}

/** Removes a read model, or what of it is not read. */
export function dropProjection(name: string, values: DropProjectionValues, output: Output): Promise<number> {
  return withModels(values, async (models) => {
    const found = findModel(name);
    if (found !== undefined && found.projection !== name) {
      throw new UsageError(`Cannot drop ${name}: it is a part of ${found.projection}`);
    }
    const dropped = await models.drop(name, values.unread ? "unread" : "all");
    if (dropped === 0) throw new CommandError(exitCodes.notFound, `There is no build of ${name} to drop`);
    printResult(output, values, { json: { name, dropped }, text: `Dropped ${dropped} builds of ${name}` });
    return exitCodes.ok;
  });
}

function knownModel(name: string) {
  const found = findModel(name);
  if (found === undefined) throw notFound(name);
  return found;
}

function notFound(name: string): CommandError {
  return new CommandError(exitCodes.notFound, `There is no projection ${name}: see projections list`);
}

async function withModels(
  values: BackendValues,
  use: (models: ModelStore) => Promise<number>,
): Promise<number> {
  if (values.backend === "nats" && values.url !== undefined && values["models-file"] === undefined) {
    throw new UsageError(
      "Cannot use projections without --models-file: on JetStream a node keeps its read models itself",
    );
  }
  return await withBackend(values, async ({ models, name }) => {
    if (models === undefined) {
      throw new UsageError(`Cannot use projections with --backend ${name}: it keeps no read models`);
    }
    return await use(models);
  });
}
