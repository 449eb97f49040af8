/** What tests of read models on each store share. @module */
import { projectedModels } from "../../../actors/case_list.ts";
import type { Projector } from "../../../actors/projector.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { ModelBuild, RowQuery } from "../../../backends/projections.ts";

/** What lists ask for: none of it may read, or sort, all cases. */
export const caseListQueries: readonly (readonly [name: string, query: RowQuery])[] = [
  ["cases", { orderBy: "position", descending: true, limit: 100 }],
  ["cases", { where: { latest: "case.intake" }, orderBy: "position", descending: true, limit: 100 }],
  ["cases", { where: { state: "received" }, orderBy: "position", descending: true, limit: 100 }],
  ["cases", { where: { waits_for: "caseworker" }, orderBy: "position", descending: true, limit: 100 }],
  ["cases", { where: { organization: "organization 7" }, orderBy: "position", descending: true, limit: 100 }],
  ["cases", { where: { state: "received" }, orderBy: "position", descending: true, beyond: 400, limit: 100 }],
  ["cases", { where: { organization: "organization 7" }, orderBy: "position", beyond: 400, limit: 100 }],
  ["cases", { where: { case_id: "case-7" }, orderBy: "position", limit: 1 }],
  ["review_queue", { orderBy: "review_since", limit: 100 }],
  ["processing_times", { orderBy: "decided_at", descending: true, limit: 100 }],
];

/** Resolves when a build has begun to be filled, by a process elsewhere. */
export async function filling({ models }: Backend, id: number): Promise<void> {
  for (;;) {
    const build = (await models!.builds()).find((each) => each.id === id)!;
    if (build.state !== "building" || build.progress.some(({ checkpoint }) => checkpoint > 0)) return;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Makes the list of cases anew, beside the one that is read; returns the build that took its place. */
export async function rebuilt(backend: Backend, projector: Projector): Promise<ModelBuild> {
  const models = backend.models!;
  await models.begin(projectedModels(["cases"])[0]!.shape);
  const { id } = (await models.builds()).find(({ name, state }) => name === "cases" && state === "building")!;
  for (;;) {
    await projector.step();
    const build = (await models.builds()).find((each) => each.id === id)!;
    if (build.state === "serving") return build;
  }
}
