/** The Containerfile, by hadolint, and by what it must agree with. `deno task ok:long` builds and runs it. @module */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import config from "../../../deno.json" with { type: "json" };
import { deployPath } from "../../support/deploy/deploy_files.ts";
import { HADOLINT, testsWith } from "../../support/deploy/python_tools.ts";
import { runTool } from "../../support/deploy/tools.ts";

const { test: hadolintTest, folders: [folder] } = await testsWith(HADOLINT);
const text = await Deno.readTextFile(deployPath("Containerfile"));

hadolintTest("hadolint finds nothing to say about the Containerfile", async () => {
  const { out, err } = await runTool(join(folder!, "bin", "hadolint"), [deployPath("Containerfile")]);
  assertEquals([out, err], ["", ""]);
});

Deno.test("images carry the version of the program, in every place that names it", async () => {
  const { version } = config;
  assert([...text.matchAll(/^ARG VERSION=(.*)$/gm)].every(([, named]) => named === version));
  const places = [
    "compose.yaml",
    "kubernetes/base/kustomization.yaml",
    "kubernetes/overlays/embedded/kustomization.yaml",
  ];
  for (const place of places) {
    const named = [
      ...(await Deno.readTextFile(deployPath(place))).matchAll(
        /(?:zaakstroom:|newTag: |version: )(\d+\.\d+\.\d+)/g,
      ),
    ];
    assertEquals([place, ...new Set(named.map(([, each]) => each))], [place, version]);
  }
});

Deno.test("both images run as a numbered user, and stop and are checked as the program does", () => {
  const count = (line: RegExp) => [...text.matchAll(line)].length;
  assertEquals(count(/^USER 65532:65532$/gm), 2);
  assertEquals(count(/^STOPSIGNAL SIGTERM$/gm), 2);
  assertEquals(count(/CMD \["\/zaakstroom", "health"\]$/gm), 2);
  assertEquals(count(/^ENTRYPOINT \["\/zaakstroom"\]$/gm), 2);
});
