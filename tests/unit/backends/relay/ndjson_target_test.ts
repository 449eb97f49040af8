import { assertEquals, assertRejects } from "@std/assert";
import { NdjsonFile } from "../../../../backends/relay/ndjson_target.ts";
import { type OutgoingEvent, TargetStopped, TargetUnavailable } from "../../../../backends/relay/target.ts";
import { toCloudEvent } from "../../../../schema/cloudevents/cloud_event.ts";
import { defaultNames } from "../../../../schema/cloudevents/event_names.ts";
import { anEvent } from "../../../support/events.ts";

function outgoing(caseId: string): OutgoingEvent {
  const stored = { position: 1, version: 1, recordedAt: 0, event: anEvent(caseId, 1) };
  return { stored, shown: toCloudEvent(stored, stored.event.data, defaultNames), place: [1] };
}

async function subjectsIn(path: string): Promise<string[]> {
  const lines = (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line).subject ?? line);
}

Deno.test("what was written behind the checkpoint, half a line too, is cut off and written again", async () => {
  const path = await Deno.makeTempFile();
  const file = new NdjsonFile(path);
  await file.open({ progress: null });
  const { progress } = await file.send([outgoing("a")]);
  await file.send([outgoing("b")]);
  await file.close();
  await Deno.writeTextFile(path, '{"half', { append: true });
  await file.open({ progress: progress! });
  await file.send([outgoing("b"), outgoing("c")]);
  await file.close();
  assertEquals(await subjectsIn(path), ["a", "b", "c"]);
  await Deno.remove(path);
});

Deno.test("a file is written by one, whom others wait for, behind what it has, and never when it lost something", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, '{"subject":"before"}\n');
  const [one, other] = [new NdjsonFile(path), new NdjsonFile(path)];
  await one.open({ progress: null });
  await assertRejects(() => other.open({ progress: null }), TargetUnavailable, "another program");
  await other.close();
  await one.send([outgoing("a")]);
  await one.close();
  assertEquals(await subjectsIn(path), ["before", "a"]);
  await assertRejects(() => one.open({ progress: { bytes: 9_999 } }), TargetStopped, "shorter");
  await one.close();
  await Deno.remove(path);
});

Deno.test("who only opens a file cuts off nothing: it may be another one's by then", async () => {
  const path = await Deno.makeTempFile();
  const [late, owner] = [new NdjsonFile(path), new NdjsonFile(path)];
  await owner.open({ progress: null });
  const { progress } = await owner.send([outgoing("a")]);
  await owner.send([outgoing("b")]);
  await owner.close();
  await late.open({ progress: progress! });
  await late.close();
  assertEquals(await subjectsIn(path), ["a", "b"]);
  await Deno.remove(path);
});

Deno.test("a file that can't be opened is waited for, and says why in words", async () => {
  const nowhere = new NdjsonFile(`${await Deno.makeTempDir()}/gone/events.ndjson`);
  await assertRejects(() => nowhere.open({ progress: null }), TargetUnavailable, "No such file or directory");
  const kept = new NdjsonFile("/proc/events.ndjson");
  await assertRejects(() => kept.open({ progress: null }), TargetUnavailable);
});
