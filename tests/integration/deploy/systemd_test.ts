/** The systemd unit, by systemd's own verifier, and by what it must agree with in the program. @module */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { startOptions } from "../../../console/node/start_options.ts";
import { deployPath, secondsOf } from "../../support/deploy/deploy_files.ts";
import { runTool } from "../../support/deploy/tools.ts";
import { testsRequiring } from "../../support/requires.ts";

const hasSystemd = (await runTool("systemd-analyze", ["--version"])).success;
const systemdTest = testsRequiring(
  hasSystemd ? undefined : "There is no systemd-analyze: install systemd",
  true,
);
const unit = await Deno.readTextFile(deployPath("systemd/zaakstroom.service"));

/** The last value of a setting. */
function setting(name: string): string {
  const found = [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].at(-1);
  if (found === undefined) throw new Error(`The unit has no ${name}`);
  return found[1]!;
}

/** The verifier looks for the program too: here it is another one that is there. */
async function installed(): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "zaakstroom-unit-" });
  const path = join(directory, "zaakstroom.service");
  await Deno.writeTextFile(path, unit.replace("/usr/local/bin/zaakstroom", "/bin/true"));
  return path;
}

systemdTest(
  "systemd finds nothing to say about the unit: not even an unknown setting, which it only warns of",
  async () => {
    const path = await installed();
    const { out, err } = await runTool("systemd-analyze", ["verify", "--man=no", path]);
    assertEquals([out, err], ["", ""]);
    await Deno.remove(join(path, ".."), { recursive: true });
  },
);

systemdTest("the unit is exposed by 1.5 of 10 at most, as systemd counts", async () => {
  const path = await installed();
  const args = ["security", "--offline=true", "--no-pager", "--threshold=15", path];
  const { success, out } = await runTool("systemd-analyze", args);
  assert(success, out.split("\n").filter((line) => !line.startsWith("✓")).join("\n"));
  await Deno.remove(join(path, ".."), { recursive: true });
});

Deno.test("the unit starts the program with options that it has", () => {
  const options = setting("ExecStart").split(" ").filter((word) => word.startsWith("--"));
  assertEquals(options.filter((name) => !Object.hasOwn(startOptions, name.slice(2))), []);
});

Deno.test("systemd waits for longer than a node takes to stop in order", () => {
  const [, stopWithin] = /--stop-within (\S+)/.exec(setting("ExecStart"))!;
  assert(secondsOf(setting("TimeoutStopSec")) >= secondsOf(stopWithin!) + 5);
});

Deno.test("the node itself may report to systemd, and V8 may compile", () => {
  assertEquals([setting("Type"), setting("NotifyAccess")], ["notify", "all"]);
  assert(!/^MemoryDenyWriteExecute=(yes|true)/m.test(unit));
});
