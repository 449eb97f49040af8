import { assertEquals, assertStringIncludes } from "@std/assert";
import { anEvent } from "../../../../support/events.ts";
import { ServedConsole } from "../../../../support/servers/served_console.ts";

const intake = { case_id: "zaak-1", citizen_bsn: "123456782", debt_amount: 1250.5, debt_type: "huur" };
const id = "019b76da-a800-7000-8000-000000000001";

/** A console with a token for each role, by its name. */
const served = () =>
  new ServedConsole({ people: { admin: ["admin"], auditor: ["auditor"], viewer: ["viewer"] } });

function as(token: string, more: Record<string, string> = {}) {
  return { headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...more } };
}

async function post(
  site: ServedConsole,
  body: unknown,
  query = "",
): Promise<{ status: number; json: Record<string, unknown> }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await site.ask(`/api/v1/events${query}`, { ...as("admin"), method: "POST", body: text });
  return { status: answer.status, json: JSON.parse(answer.body) };
}

Deno.test("the brief's JSON is stored, once however often it is sent, in the name of the token", async () => {
  await using site = served();
  const event = {
    event_id: id,
    event_type: "case.intake",
    data: intake,
    metadata: { source: "somebody else" },
  };
  const first = await post(site, event);
  assertEquals([first.status, first.json.stored, first.json.version], [201, 1, 1]);
  const again = await post(site, event);
  assertEquals([again.status, again.json.stored, again.json.duplicates], [200, 0, 1]);
  const [stored] = await Array.fromAsync(site.backend.readCase("zaak-1"));
  assertEquals(stored!.event.metadata.source, "admin");
  const bare = await post(site, [{ ...intake, case_id: "zaak-2" }, { ...intake, case_id: "zaak-3" }]);
  assertEquals([bare.status, bare.json.stored], [201, 2]);
});

Deno.test("what can't be stored is a problem with its rule, without what was sent, and nothing is stored", async () => {
  await using site = served();
  const statuses: [unknown, string, number, string][] = [
    [{ ...intake, debt_amount: -1 }, "", 422, "data.debt_amount"],
    [[intake, { event_type: "case.decision_of_fate", data: {} }], "", 422, "Event 1: "],
    [
      { event_type: "case.term_expired", data: { case_id: "zaak-1" } },
      "",
      403,
      "comes from the runtime alone",
    ],
    ["{", "", 422, "JSON"],
    [[], "", 422, "body"],
    [intake, "?expected_version=seven", 422, "expected_version"],
    [intake, "?expected_version=4", 409, "Version conflict"],
    [[intake, { ...intake, case_id: "zaak-2" }], "?expected_version=none", 422, "of one case"],
  ];
  for (const [body, query, status, text] of statuses) {
    const { status: seen, json } = await post(site, body, query);
    assertEquals(seen, status, JSON.stringify(json));
    assertStringIncludes(JSON.stringify(json), text);
    assertEquals(JSON.stringify(json).includes("123456782"), false);
  }
  const plain = {
    ...as("admin", { "content-type": "text/plain" }),
    method: "POST",
    body: JSON.stringify(intake),
  };
  assertEquals((await site.ask("/api/v1/events", plain)).status, 400);
  assertEquals(await Array.fromAsync(site.backend.readAll()), []);
  assertEquals(site.failures, []);
});

Deno.test("a token is a producer, and sends what was granted to its name alone, in its own name", async () => {
  await using site = served();
  const payment = { event_type: "case.payment_received", data: { case_id: "zaak-1", amount: 5 } };
  const decision = {
    event_type: "case.decision",
    data: { case_id: "zaak-1", decision: "collect", decided_by: "j.jansen", reason: "x", next_steps: [] },
  };
  await post(site, intake);
  for (const event of [payment, decision]) {
    const { status, json } = await post(site, event);
    assertEquals([status, json.reason], [403, "not_allowed"], JSON.stringify(json));
  }
  const act = { by: "b.baas", why: "agreed" };
  await site.backend.producers.change("admin", { allow: ["case.payment_received", "case.decision"] }, act);
  assertEquals((await post(site, payment)).status, 201);
  assertStringIncludes(
    String((await post(site, decision)).json.detail),
    "names another than its sender, admin",
  );
  const refusals = (await site.backend.audit("producers")).filter((entry) => entry.act === "refused");
  assertEquals(refusals.map(({ by }) => by), ["admin", "admin", "admin"]);
  assertEquals(site.failures, []);
});

Deno.test("CloudEvents are stored: one, a batch, and one in headers", async () => {
  await using site = served();
  const { case_id, ...data } = intake;
  const event = { specversion: "1.0", id: "1", source: "/cak", type: "case.intake", subject: case_id, data };
  const send = async (body: unknown, headers: Record<string, string>) => {
    const init = { ...as("admin", headers), method: "POST", body: JSON.stringify(body) };
    return (await site.ask("/api/v1/events", init)).status;
  };
  const structured = { "content-type": "application/cloudevents+json" };
  const batch = { "content-type": "application/cloudevents-batch+json" };
  const binary = {
    ...{ "ce-specversion": "1.0", "ce-id": "3", "ce-source": "/cak", "ce-type": "case.withdrawn" },
    "ce-subject": "zaak-1",
  };
  assertEquals(await send(event, structured), 201);
  assertEquals(await send([event, { ...event, id: "2", subject: "zaak-2" }], batch), 201);
  assertEquals(await send({ reason: "solved" }, binary), 201);
  assertEquals(await send(intake, structured), 422);
  assertEquals(await send(event, batch), 422);
  const stored = await Array.fromAsync(site.backend.readAll());
  assertEquals(stored.map(({ event }) => [event.correlation_id, event.event_type, event.metadata.source]), [
    ["zaak-1", "case.intake", "admin"],
    ["zaak-2", "case.intake", "admin"],
    ["zaak-1", "case.withdrawn", "admin"],
  ]);
});

Deno.test("what events look like is served to whoever asks", async () => {
  await using site = served();
  const schema = JSON.parse((await site.ask("/api/v1/schemas/case.intake/v1", {})).body);
  assertEquals([schema.type, schema.$id.endsWith("/api/v1/schemas/case.intake/v1")], ["object", true]);
  assertEquals((await site.ask("/api/v1/schemas/case.intake/v9", {})).status, 404);
  assertEquals(JSON.parse((await site.ask("/api/v1/asyncapi.json", {})).body).asyncapi, "3.0.0");
});

Deno.test("the same id with other content is a conflict", async () => {
  await using site = served();
  await post(site, { event_id: id, event_type: "case.intake", data: intake });
  const { status, json } = await post(site, {
    event_id: id,
    event_type: "case.intake",
    data: { ...intake, debt_amount: 2 },
  });
  assertEquals([status, json.reason, json.event_id], [409, "event_id_conflict", id]);
});

Deno.test("a browser's session reads, and can change nothing", async () => {
  await using site = new ServedConsole();
  const { cookie } = site.signIn("admin");
  const read = await site.ask("/api/v1/cases", { headers: { cookie } });
  const init = {
    method: "POST",
    headers: { cookie, "content-type": "application/json" },
    body: JSON.stringify(intake),
  };
  const written = await site.ask("/api/v1/events", init);
  assertEquals([read.status, written.status, written.headers.get("www-authenticate")], [200, 401, "Bearer"]);
});

Deno.test("cases are read page by page, and one with its events, without personal data", async () => {
  await using site = served();
  for (const zaak of ["zaak-1", "zaak-2", "zaak-3"]) await site.backend.append([anEvent(zaak, 1)]);
  const page = async (query: string) =>
    JSON.parse((await site.ask(`/api/v1/cases${query}`, as("viewer"))).body);
  const first = await page("?limit=2");
  const second = await page(`?limit=2&cursor=${first.next_cursor}`);
  const ids = [first, second].map(({ cases }) => cases.map((each: { case_id: string }) => each.case_id));
  assertEquals([ids, second.next_cursor], [[["zaak-3", "zaak-2"], ["zaak-1"]], null]);
  const one = await site.ask("/api/v1/cases/zaak-1", as("viewer"));
  const { case: { state, debt_amount }, events } = JSON.parse(one.body);
  assertEquals([state, debt_amount, events.length], ["received", 1250.5, 1]);
  assertEquals(one.body.match(/"debt_amount":1250\.50/g)?.length, 2);
  assertEquals(one.body.includes("123456782"), false);
  const none = await site.ask("/api/v1/cases/none", as("viewer"));
  assertEquals([none.status, none.headers.get("content-type")], [404, "application/problem+json"]);
  assertEquals((await site.ask("/api/v1/cases?limit=0", as("viewer"))).status, 422);
  assertEquals((await site.ask("/api/v1/nothing", as("viewer"))).status, 404);
});

Deno.test("events are read from a position on, by type, and a stream goes on with what comes", async () => {
  await using site = served();
  await site.backend.append([
    anEvent("zaak-1", 1),
    anEvent("zaak-1", 2, "case.analysis"),
    anEvent("zaak-2", 1),
  ]);
  const read = async (query: string) =>
    JSON.parse((await site.ask(`/api/v1/events${query}`, as("auditor"))).body);
  const all = await read("");
  assertEquals(all.events.map(({ position }: { position: number }) => position), [1, 2, 3]);
  assertEquals((await read("?from_position=3")).events.length, 1);
  assertEquals((await read("?types=case.analysis")).events.length, 1);
  assertEquals((await read(`?cursor=${all.next_cursor}`)).events, []);
  assertEquals((await site.ask("/api/v1/events?cursor=elsewhere", as("auditor"))).status, 422);
  const stream = await site.request(
    `/api/v1/events?cursor=${all.next_cursor}`,
    as("auditor", { accept: "text/event-stream" }),
  );
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  const next = reader.read();
  await site.backend.append([anEvent("zaak-3", 1)]);
  const { value } = await next;
  assertStringIncludes(value!, "event: case.intake\ndata: {");
  const lastEventId = /^id: (.+)$/m.exec(value!)![1]!;
  await reader.cancel();
  const again = await site.ask("/api/v1/events", as("auditor", { "last-event-id": lastEventId }));
  assertEquals(JSON.parse(again.body).events, []);
});

Deno.test("dead letters are listed by the error, without personal data", async () => {
  await using site = served();
  const answer = await site.ask("/api/v1/dead-letters?processor=intake", as("viewer"));
  assertEquals(JSON.parse(answer.body), { total: 0, dead_letters: [] });
});

Deno.test("twenty streams are open at most, and one that its reader leaves makes room for one other", async () => {
  await using site = served();
  await site.backend.append([anEvent("zaak-1", 1)]);
  const open = () => site.request("/api/v1/events", as("auditor", { accept: "text/event-stream" }));
  const readers = [];
  for (let i = 0; i < 20; i++) readers.push((await open()).body!.getReader());
  assertEquals((await open()).status, 503);
  // One that waits for what comes, as most do.
  await readers[0]!.read();
  const waiting = readers[0]!.read();
  await readers[0]!.cancel();
  assertEquals((await waiting).done, true);
  readers[0] = (await open()).body!.getReader();
  assertEquals((await open()).status, 503);
  for (const reader of readers) await reader.cancel();
});

Deno.test("a stream ends with the session of its reader, and is no use of it", async () => {
  await using site = new ServedConsole();
  const { cookie } = site.signIn("admin");
  const headers = { cookie, accept: "text/event-stream" };
  const reader = (await site.request("/api/v1/events", { headers })).body!.getReader();
  const ended = reader.read();
  site.sessions.end(cookie.split("=")[1]!);
  assertEquals((await ended).done, true);
});

Deno.test("another method on a path that is there is 405, and names those that it takes", async () => {
  await using served = new ServedConsole({ people: { admin: ["admin"] } });
  const asked = async (method: string, path: string) => {
    const { status, headers, body } = await served.ask(`/api/v1${path}`, {
      method,
      headers: { authorization: "Bearer admin" },
    });
    return [status, headers.get("allow"), body === "" ? undefined : JSON.parse(body).status];
  };
  assertEquals(await asked("DELETE", "/events"), [405, "GET, HEAD, POST", 405]);
  assertEquals(await asked("PUT", "/cases/zaak-1"), [405, "GET, HEAD", 405]);
  assertEquals(await asked("POST", "/openapi.json"), [405, "GET, HEAD", 405]);
  assertEquals((await asked("HEAD", "/cases"))[0], 200);
  assertEquals(await asked("DELETE", "/nowhere"), [404, null, 404]);
});
