/** Conformance: who may store what, and with whom. @module */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import { NotAllowed } from "../../../backends/errors.ts";
import { allEventTypes, type EventType, type WireEvent } from "../../../schema/events.ts";
import { anyoneTypes } from "../../../schema/authority/grants.ts";
import { typesFromOutside } from "../../../schema/authority/types_from_outside.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import type { Fixture } from "../fixture.ts";
import { INTAKE } from "../fixture.ts";
import { anEvent } from "../../support/events.ts";

const ACT = { by: "b.baas", why: "agreed with the organisation" };

function withData(event: WireEvent, data: Record<string, unknown>): WireEvent {
  return { ...event, data: { ...event.data, ...data } };
}

const proposal = (n: number, by: string) =>
  withData(anEvent("c", n, "case.decision_proposed"), { proposed_by: by });
const forgiving = (n: number, by: string) =>
  withData(anEvent("c", n, "case.decision"), { decision: "forgive", decided_by: by });

function of(caseId: string, event: WireEvent): WireEvent {
  return withData({ ...event, correlation_id: caseId }, { case_id: caseId });
}

/** A case of € 1,250.50 that waits for a person. The review is the runtime's, so it comes past the doors. */
async function openCase(fixture: Fixture): Promise<Backend> {
  const backend = await fixture.harness.backend();
  await backend.append([anEvent("c", 1)]);
  return backend;
}

async function typesIn(backend: Backend, caseId = "c"): Promise<string[]> {
  return (await Array.fromAsync(backend.readCase(caseId))).map(({ event }) => event.event_type);
}

async function refusalsIn(backend: Backend): Promise<string[]> {
  return (await backend.audit("producers")).filter(({ act }) => act === "refused").map(({ by }) => by);
}

/** A node that takes in what producers leave. */
async function nodeTakingIn(fixture: Fixture): Promise<Backend> {
  const backend = await fixture.harness.backend();
  await fixture.mailboxes(backend, INTAKE);
  return backend;
}

const left = (type: EventType, data: Record<string, unknown> = {}) =>
  JSON.stringify({ event_type: type, data: { ...anEvent("c", 1, type).data, ...data } });

export const authorityCases: ConformanceCase[] = [
  {
    name: "nobody appends what is the runtime's alone: nothing is stored, and the trail has a line",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const own = allEventTypes.filter((type) => !typesFromOutside.includes(type));
      for (const type of own) {
        const append = () => backend.append([anEvent("c", 1), anEvent("c", 2, type)]);
        await assertRejects(append, NotAllowed, "comes from the runtime alone");
      }
      assertEquals(await typesIn(backend), []);
      assertEquals((await refusalsIn(backend)).length, own.length);
    },
  },
  {
    name: "what is denied to the simulator it may not send, and the owner goes on",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      await backend.append([anEvent("c", 1)], "any", "simulator");
      await backend.producers.change("simulator", { deny: typesFromOutside }, ACT);
      const other = await fixture.harness.backend("other");
      await assertRejects(() => other.append([anEvent("c", 2)], "any", "simulator"), NotAllowed);
      await other.append([anEvent("c", 3)]);
      const sources = (await Array.fromAsync(other.readCase("c"))).map(({ event }) => event.metadata.source);
      assertEquals(sources[0], "simulator");
      assertEquals(await refusalsIn(other), ["simulator"]);
    },
  },
  {
    name: "an event that names the simulator is not its own",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const event = anEvent("c", 1);
      await backend.append([{ ...event, metadata: { ...event.metadata, source: "simulator" } }]);
      const [stored] = await Array.fromAsync(backend.readCase("c"));
      assertEquals(stored!.event.metadata.source, undefined);
    },
  },
  {
    name: "what was granted and denied is kept, with who did it, and can be forgotten",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      const { producers } = backend;
      await producers.change("cak", { allow: ["case.payment_received"], perMinute: 100 }, ACT);
      await producers.change("cak", { allow: ["case.decision"], onBehalfOf: true }, ACT);
      await producers.change("cak", { deny: ["case.payment_received", "case.withdrawn"] }, ACT);
      const [cak, ...more] = await producers.list();
      assertEquals(more, []);
      assertEquals([cak!.allowed, cak!.denied], [["case.decision"], [
        "case.payment_received",
        "case.withdrawn",
      ]]);
      assertEquals([cak!.onBehalfOf, cak!.perMinute, cak!.changedBy], [true, 100, ACT.by]);
      assertEquals([await producers.forget("cak", ACT), await producers.forget("cak", ACT)], [true, false]);
      assertEquals(await producers.list(), []);
      const acts = (await backend.audit("producers")).map(({ act, by }) => [act, by]);
      assertEquals(acts, [...Array(3).fill(["producers_change", ACT.by]), ["producers_forget", ACT.by]]);
    },
  },
  {
    name:
      "a claim above the bound is forgiven by two persons, however the second spells the name of the first",
    async run(fixture) {
      const backend = await openCase(fixture);
      await assertRejects(() => backend.append([forgiving(1, "j.jansen")]), NotAllowed, "second person");
      await backend.append([proposal(2, "j.jansen")]);
      for (const name of ["j.jansen", "J.Jansen ", "ｊ.jansen"]) {
        await assertRejects(() => backend.append([forgiving(3, name)]), NotAllowed, "who proposed it");
      }
      await backend.append([forgiving(4, "p.pietersen")]);
      assertEquals(await typesIn(backend), ["case.intake", "case.decision_proposed", "case.decision"]);
      const again = await backend.append([forgiving(4, "p.pietersen")]);
      assertEquals([again.stored, again.duplicates], [0, 1]);
      await assertRejects(() => backend.append([forgiving(5, "k.klaassen")]), NotAllowed, "second person");
    },
  },
  {
    name: "who proposes and approves in one append is one, and all of it is refused",
    async run(fixture) {
      const backend = await openCase(fixture);
      const both = [proposal(2, "j.jansen"), forgiving(3, "j.jansen")];
      await assertRejects(() => backend.append(both), NotAllowed);
      assertEquals(await typesIn(backend), ["case.intake"]);
    },
  },
  {
    name: "a proposal is good for the decision that it is of, and for one",
    async run(fixture) {
      const backend = await openCase(fixture);
      await backend.append([withData(proposal(2, "j.jansen"), { decision: "collect" })]);
      await assertRejects(() => backend.append([forgiving(3, "p.pietersen")]), NotAllowed, "second person");
      await backend.append([proposal(4, "j.jansen")]);
      const racing = [5, 6, 7, 8].map((n) => backend.append([forgiving(n, `second-${n}`)]));
      const stored = (await Promise.allSettled(racing)).filter(({ status }) => status === "fulfilled");
      assertEquals(stored.length, 1);
      assertEquals((await typesIn(backend)).filter((type) => type === "case.decision").length, 1);
    },
  },
  {
    name:
      "of two who approve several cases in one append at the same time, each case has the decision of one",
    async run(fixture) {
      const [one, other] = [await openCase(fixture), await fixture.harness.backend("other")];
      const cases = ["c", "d", "e", "f", "g"];
      for (const caseId of cases.slice(1)) await one.append([anEvent(caseId, 1)]);
      for (const [i, caseId] of cases.entries()) await one.append([of(caseId, proposal(20 + i, "j.jansen"))]);
      const approve = (backend: Backend, from: number, by: string) =>
        backend.append(cases.map((caseId, i) => of(caseId, forgiving(from + i, by))));
      await Promise.allSettled([
        approve(one, 30, "p.pietersen"),
        approve(other, 40, "k.klaassen"),
        approve(one, 50, "m.meijer"),
        approve(other, 60, "v.visser"),
      ]);
      for (const caseId of cases) {
        const types = await typesIn(one, caseId);
        assertEquals(types.filter((type) => type === "case.decision").length, 1, caseId);
      }
    },
  },
  {
    name: "a decision on a version that was foreseen is judged by the case as it is there",
    async run(fixture) {
      const backend = await openCase(fixture);
      await backend.append([proposal(2, "j.jansen")]);
      const racing = [3, 4, 5, 6].map((n) =>
        backend.append([forgiving(n, `second-${n}`)], { exact: 2 + n - 3 })
      );
      await Promise.allSettled(racing);
      assertEquals((await typesIn(backend)).filter((type) => type === "case.decision").length, 1);
    },
  },
  {
    name: "anyone leaves intakes and withdrawals, and of other types an item in the inbox",
    needs: "leaveEvent",
    async run(fixture) {
      const backend = await nodeTakingIn(fixture);
      const { leaveEvent } = fixture.harness;
      for (const type of typesFromOutside) await leaveEvent!(left(type), "anyone");
      const refused = typesFromOutside.length - anyoneTypes.length;
      await fixture.until("what is refused", async () => await backend.inbox!.count() === refused);
      await fixture.until(
        "what is taken",
        async () => (await typesIn(backend)).length === anyoneTypes.length,
      );
      assertEquals(await typesIn(backend), [...anyoneTypes]);
      for (const { reason } of await backend.inbox!.list()) assertMatch(reason, /anyone may not send/);
      assertEquals(await refusalsIn(backend), Array(refused).fill("anyone"));
      const [, withdrawal] = await Array.fromAsync(backend.readCase("c"));
      assertEquals(withdrawal!.event.metadata.marks, ["to_be_confirmed"]);
      assertEquals(withdrawal!.event.metadata.source, "anyone");
    },
  },
  {
    name:
      "what only the runtime sends, and an id that only it gives, are left in vain: in the inbox, with a line in the trail",
    needs: "leaveEvent",
    async run(fixture) {
      const backend = await nodeTakingIn(fixture);
      const { leaveEvent } = fixture.harness;
      await leaveEvent!(left("case.debt_forgiven"), "cak");
      const foreseen = {
        event_id: "019b76da-a800-8000-8000-000000000001",
        ...JSON.parse(left("case.intake")),
      };
      await leaveEvent!(JSON.stringify(foreseen), "cak");
      await fixture.until("both", async () => await backend.inbox!.count() === 2);
      // A door that has acknowledged keeps what it refuses first, and the line in the trail behind it.
      await fixture.until("their lines", async () => (await refusalsIn(backend)).length === 2);
      assertEquals(await refusalsIn(backend), ["cak", "cak"]);
      assertEquals(await typesIn(backend), []);
    },
  },
  {
    name: "a producer leaves what it was granted, in its own name, until that is denied",
    needs: "leaveEvent",
    async run(fixture) {
      const backend = await nodeTakingIn(fixture);
      const { leaveEvent } = fixture.harness;
      await backend.producers.change("cak", { allow: ["case.payment_received", "case.withdrawn"] }, ACT);
      for (const type of ["case.intake", "case.payment_received", "case.withdrawn"] as const) {
        await leaveEvent!(left(type), "cak");
      }
      await fixture.until("all three", async () => (await typesIn(backend)).length === 3);
      const stored = (await Array.fromAsync(backend.readCase("c"))).map(({ event }) => event.metadata);
      assertEquals(stored.map(({ source, marks }) => [source, marks]), Array(3).fill(["cak", undefined]));
      await backend.producers.change("cak", { deny: ["case.payment_received"] }, ACT);
      await fixture.until("the denial", async () => {
        await leaveEvent!(left("case.payment_received"), "cak");
        return await backend.inbox!.count() > 0;
      });
    },
  },
  {
    name: "a producer decides in its own name alone, and only where a review is open",
    needs: "leaveEvent",
    async run(fixture) {
      const backend = await nodeTakingIn(fixture);
      const { leaveEvent } = fixture.harness;
      await backend.append([anEvent("c", 1)]);
      await backend.producers.change("gemeente", { allow: ["case.decision"] }, ACT);
      await leaveEvent!(left("case.decision", { decided_by: "j.jansen" }), "gemeente");
      await leaveEvent!(left("case.decision", { decided_by: "system" }), "gemeente");
      await leaveEvent!(left("case.decision", { decided_by: "gemeente" }), "gemeente");
      await fixture.until("all three", async () => await backend.inbox!.count() === 3);
      const reasons = (await backend.inbox!.list()).map(({ reason }) => reason);
      assertMatch(reasons[0]!, /names another than its sender/);
      assertMatch(reasons[1]!, /names the runtime/);
      assertMatch(reasons[2]!, /no review of the case is open/);
      assertEquals(await typesIn(backend), ["case.intake"]);
    },
  },
  {
    name:
      "what is appended in the name of a producer beyond its rate is refused, and nothing of it is stored",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      await backend.producers.change("cak", { perMinute: 2 }, ACT);
      const append = (...cases: string[]) =>
        backend.append(cases.map((caseId) => of(caseId, anEvent(caseId, 1))), "any", "cak");
      await append("a", "b");
      await assertRejects(() => append("d"), NotAllowed, "cak sends more than 2 events a minute");
      assertEquals([await typesIn(backend, "b"), await typesIn(backend, "d")], [["case.intake"], []]);
      assertEquals(await refusalsIn(backend), ["cak"]);
    },
  },
  {
    name: "what a producer leaves beyond its rate waits in the inbox",
    needs: "leaveEvent",
    async run(fixture) {
      const backend = await nodeTakingIn(fixture);
      await backend.producers.change("cak", { perMinute: 2 }, ACT);
      for (const case_id of ["a", "b", "c"]) {
        await fixture.harness.leaveEvent!(left("case.intake", { case_id }), "cak");
      }
      await fixture.until("the third", async () => await backend.inbox!.count() === 1);
      const [refused] = await backend.inbox!.list();
      assertMatch(refused!.reason, /more than 2 events a minute/);
      assertEquals(JSON.parse(refused!.text).data.case_id, "c");
    },
  },
];
