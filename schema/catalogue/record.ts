/** Writes `recorded.json`, after a change of the schemas that breaks nobody: `deno task catalogue`. @module */
import { breakingChanges } from "./breaking_changes.ts";
import { currentCatalogue, mergedCatalogue, recorded } from "./catalogue.ts";

const current = currentCatalogue();
const broken = breakingChanges(recorded, current);
if (broken.length > 0) {
  throw new Error(
    `These changes break others: give the type a new version and an upcaster\n${broken.join("\n")}`,
  );
}
const text = JSON.stringify(mergedCatalogue(recorded, current), null, 2);
await Deno.writeTextFile(new URL("recorded.json", import.meta.url), `${text}\n`);
