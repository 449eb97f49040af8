import { assert, assertEquals } from "@std/assert";
import { processors } from "../../../../actors/application.ts";
import { decodeEvent } from "../../../../schema/codec.ts";
import { generateCases } from "../../../../simulators/case_generator.ts";
import { playCase } from "../../../../simulators/what_if/case_play.ts";

const states = processors.map((processor) => processor.initial());

function play(seed: string) {
  return [...generateCases({ seed: "play", count: 200 })].map(({ event }) => {
    const { timestamp: openedAt, correlation_id: caseId } = event;
    const moment = { caseId, states, version: 1, event: decodeEvent(event), trigger: undefined, openedAt };
    return playCase(processors, moment, seed);
  });
}

Deno.test("playCase() takes every case to an end, and pays no more than a plan asks", () => {
  const played = play("a");
  assertEquals(played.filter(({ outcome }) => outcome === "unfinished"), []);
  assert(new Set(played.map(({ outcome }) => outcome)).size === 3);
  assert(played.some(({ paid }) => paid > 0) && played.some(({ byPeople }) => byPeople > 0));
});

Deno.test("playCase() gives the same lives for the same seed, and others for another", () => {
  assertEquals(play("a"), play("a"));
  assert(JSON.stringify(play("a")) !== JSON.stringify(play("b")));
});
