/** Which producer may store which types. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  admitted,
  changed,
  defaultTypes,
  grantFault,
  type ProducerGrants,
} from "../../../../schema/authority/grants.ts";
import { classOf, typesFromOutside } from "../../../../schema/authority/types_from_outside.ts";
import { allEventTypes } from "../../../../schema/events.ts";
import { anEvent } from "../../../support/events.ts";

const owner = { name: "zaakstroom", isOwner: true };
const simulator = { name: "simulator", isOwner: false };
const cak = { name: "cak", isOwner: false };
const none = new Map<string, ProducerGrants>();

function granted(name: string, allow: readonly string[], deny: readonly string[] = []) {
  const grants = changed(undefined, name, { allow, deny }, { by: "b", at: "2026-01-01T00:00:00Z" });
  return new Map([[name, grants]]);
}

Deno.test("no producer sends what is the runtime's alone, whatever was granted", () => {
  const runtime = allEventTypes.filter((type) => classOf(type) === "runtime");
  for (const producer of [owner, simulator, cak]) {
    for (const type of runtime) {
      assertMatch(grantFault(producer, type, granted(producer.name, [type]))!, /the runtime alone/);
    }
  }
  assertEquals([runtime.length, typesFromOutside.length], [10, 10]);
});

Deno.test("without a grant a producer sends what anyone may, and the owner what comes from outside", () => {
  const sent = (producer: typeof cak) =>
    typesFromOutside.filter((type) => grantFault(producer, type, none) === undefined);
  assertEquals(sent(cak), ["case.intake", "case.withdrawn"]);
  assertEquals([sent(owner), sent(simulator)], [[...typesFromOutside], [...typesFromOutside]]);
});

Deno.test("a grant is the producer's own, and a denial weighs more than a default", () => {
  const grants = granted("cak", ["case.payment_received"], ["case.intake"]);
  assertEquals(grantFault(cak, "case.payment_received", grants), undefined);
  assertMatch(grantFault(cak, "case.intake", grants)!, /cak may not send case.intake/);
  assertMatch(grantFault({ ...cak, name: "duo" }, "case.payment_received", grants)!, /duo may not/);
});

Deno.test("what is denied to anyone is denied to whoever has no grants, and to nobody else", () => {
  const grants = new Map([
    ...granted("anyone", [], ["case.intake"]),
    ...granted("cak", ["case.payment_received"]),
  ]);
  assertMatch(grantFault({ ...cak, name: "duo" }, "case.intake", grants)!, /may not/);
  for (const producer of [cak, owner, simulator]) {
    assertEquals(grantFault(producer, "case.intake", grants), undefined);
  }
});

Deno.test("a producer's events bear its name, the simulator's its own, and nobody else's that", () => {
  const event = anEvent("c", 1);
  const saying = (source: string) => ({ ...event, metadata: { ...event.metadata, source } });
  assertEquals(admitted(saying("duo"), cak, none).metadata.source, "cak");
  assertEquals(admitted(event, simulator, none).metadata.source, "simulator");
  assertEquals(admitted(saying("simulator/citizen"), simulator, none).metadata.source, "simulator/citizen");
  assertEquals(admitted(saying("portal"), owner, none).metadata.source, "portal");
  for (const name of ["simulator", "Simulator ", "simulator/citizen", "system", "anyone"]) {
    assertEquals(admitted(saying(name), owner, none).metadata.source, undefined, name);
  }
});

Deno.test("a withdrawal that was not granted is to be confirmed; nothing else is", () => {
  const [withdrawal, intake] = [anEvent("c", 1, "case.withdrawn"), anEvent("c", 2)];
  assertEquals(admitted(withdrawal, cak, none).metadata.marks, ["to_be_confirmed"]);
  assertEquals(admitted(intake, cak, none).metadata.marks, undefined);
  assertEquals(admitted(withdrawal, cak, granted("cak", ["case.withdrawn"])).metadata.marks, undefined);
  assertEquals(admitted(withdrawal, owner, none).metadata.marks, undefined);
});

Deno.test("what is allowed is no longer denied, and the other way round", () => {
  const stamp = { by: "b", at: "2026-01-01T00:00:00Z" };
  const first = changed(undefined, "cak", { allow: ["case.intake"], perMinute: 5, onBehalfOf: true }, stamp);
  const second = changed(first, "cak", { deny: ["case.intake"] }, stamp);
  assertEquals([second.allowed, second.denied, second.perMinute, second.onBehalfOf], [
    [],
    ["case.intake"],
    5,
    true,
  ]);
  assertEquals(changed(second, "cak", { allow: ["case.intake"] }, stamp).denied, []);
  assert(defaultTypes(owner).length > defaultTypes(cak).length);
});
