/** What the bridge to Temporal decides by itself, without a server. @module */
import { assertEquals } from "@std/assert";
import { derivedEventId } from "../../deploy/temporal/append.ts";
import { Inbox } from "../../deploy/temporal/inbox.ts";
import { byCase, type CaseEvent, faultOf, signalRequest } from "../../deploy/temporal/signal_request.ts";

const event = (subject: string, caseversion: number): CaseEvent => ({
  ...{ id: `${subject}/${caseversion}`, type: "nl.schuldhulpverlening.betaling-gemist.v1" },
  ...{ subject, caseversion },
});

Deno.test("an inbox takes each event once, also one that comes again in the next run", () => {
  const inbox = new Inbox<CaseEvent>();
  for (const version of [1, 2, 2, 1]) inbox.receive(event("zaak-1", version));
  assertEquals([inbox.take()?.caseversion, inbox.take()?.caseversion, inbox.take()], [1, 2, undefined]);
  const next = new Inbox<CaseEvent>(inbox.version);
  for (const version of [2, 3]) next.receive(event("zaak-1", version));
  assertEquals([next.take()?.caseversion, next.isEmpty], [3, true]);
});

Deno.test("a batch is refused for what is no event, and for a case id that is masked", () => {
  assertEquals(faultOf([event("zaak-1", 1)]), undefined);
  assertEquals(faultOf([event("*******82", 1)]), "the subject is masked: it is no case id");
  for (const body of [undefined, {}, [null], [{ ...event("zaak-1", 1), id: 1 }], [event("", 1)]]) {
    assertEquals(typeof faultOf(body), "string");
  }
});

Deno.test("the events of a case keep their order, and each is a request of its own id", () => {
  const events = [event("a", 1), event("b", 1), event("a", 2)];
  assertEquals(byCase(events).map((own) => own.map(({ id }) => id)), [["a/1", "a/2"], ["b/1"]]);
  const to = { namespace: "default", workflow: "reminder", taskQueue: "cases" };
  const { requestId, workflowId, signalInput } = signalRequest(events[2]!, to);
  assertEquals([requestId, workflowId], ["a/2", "a"]);
  assertEquals(JSON.parse(new TextDecoder().decode(signalInput.payloads[0]!.data)), events[2]);
});

Deno.test("a step of a case has the same id each time, and one that a producer may send", async () => {
  const id = await derivedEventId("zaak-1", "ask");
  assertEquals(id, await derivedEventId("zaak-1", "ask"));
  assertEquals(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id), true);
  assertEquals(
    new Set([id, await derivedEventId("zaak-1", "x"), await derivedEventId("zaak-2", "ask")]).size,
    3,
  );
});
