/** Backups of a store on JetStream: its streams copied, damaged, and back on a server of their own. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, type ProgramResult, run } from "../../support/program.ts";
import { TestDirectory } from "../../support/servers/embedded_processes.ts";
import { findNatsServer, startNats } from "../../support/servers/nats_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

natsTest(
  "streams are restored as they were copied, with all that was settled, and a damaged copy is refused",
  async () => {
    await using server = await startNats();
    await using place = await TestDirectory.make();
    const env = { NATS_SERVER: await findNatsServer() };
    const [backups, restored] = [join(place.root, "backups"), join(place.root, "restored")];
    const flags = ["--backend", "nats", "--url", server.url];
    const done = async (...args: string[]) => parsed(await run([...args, "--json"], { env }));

    await done("start", ...flags, "--count", "30", "--until-idle", "--port", "0");
    const { id } = await done("backup", "create", ...flags, "--to", backups);
    const events = (await done("backup", "verify", "--from", backups, "--restore")).ledger.events;
    await done("simulate", ...flags, "--count", "10");
    const { ledger } = await done("backup", "restore", "--from", backups, "--data-dir", restored);
    assertEquals([ledger.cases, ledger.events], [30, events]);
    const again = await done(
      "start",
      "--backend",
      "nats",
      "--data-dir",
      restored,
      "--until-idle",
      "--port",
      "0",
    );
    assertEquals([again.accepted, again.dead], [0, 0], "nothing was left to do");

    const file = join(backups, "base", id, "CASES_log.snapshot");
    const bytes = await Deno.readFile(file);
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(file, bytes);
    const damaged = /CASES_log\.snapshot is damaged: it is not what was written/;
    assertRefused(await run(["backup", "verify", "--from", backups], { env }), exitCodes.failed, damaged);
    const target = ["backup", "restore", "--from", backups, "--data-dir"];
    const refused = await run([...target, join(place.root, "none")], { env });
    assertEquals([refused.code, damaged.test(refused.err)], [exitCodes.failed, true], refused.err);
    assertEquals(await Deno.stat(join(place.root, "none")).catch(() => "gone"), "gone");
    assertRefused(await run([...target, restored], { env }), exitCodes.inUse, /is not empty/);
  },
);

// deno-lint-ignore no-explicit-any
function parsed({ code, out, err }: ProgramResult): any {
  assertEquals(code, 0, err);
  return JSON.parse(out);
}
