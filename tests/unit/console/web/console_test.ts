import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { anEvent } from "../../../support/events.ts";
import { ServedConsole } from "../../../support/servers/served_console.ts";
import { grantMandates } from "../../../../actors/application.ts";

const html = { accept: "text/html" };
const json = { accept: "application/json" };

Deno.test("every answer has a policy that allows nothing from elsewhere and no script in a page", async () => {
  await using served = new ServedConsole();
  const { cookie } = served.signIn("admin");
  for (const path of ["/", "/login", "/cases", "/nowhere", "/cases/none"]) {
    const { headers, body } = await served.ask(path, { headers: { ...html, cookie } });
    const policy = headers.get("content-security-policy")!;
    for (const part of ["default-src 'none'", "script-src 'self';", "require-trusted-types-for 'script'"]) {
      assertStringIncludes(policy, part, path);
    }
    assertEquals([policy.includes("unsafe"), headers.get("x-frame-options")], [false, "DENY"]);
    assertEquals(
      [/ style=/.test(body), / on\w+=/.test(body), /<script>/.test(body)],
      [false, false, false],
      path,
    );
  }
  assertEquals(served.failures, []);
});

Deno.test("a link sets a cookie that no script reads and no other site sends, and leads to the Overview", async () => {
  await using served = new ServedConsole();
  const link = served.sessions.createLink({ name: "admin", roles: ["admin"] });
  const { status, headers } = await served.ask(`/login?token=${link}`, { headers: html });
  assertEquals([status, headers.get("location")], [303, "/"]);
  assertEquals(
    headers.get("set-cookie")?.replace(/=[\w-]+;/, "=…;"),
    "zaakstroom_8080=…; Path=/; HttpOnly; SameSite=Strict",
  );
  const again = await served.ask(`/login?token=${link}`, { headers: html });
  assertEquals([again.status, again.headers.get("set-cookie")], [403, null]);
});

Deno.test("who follows the link from another site is led on by a page of our own", async () => {
  await using served = new ServedConsole();
  const link = served.sessions.createLink({ name: "admin", roles: ["admin"] });
  const { status, body } = await served.ask(`/login?token=${link}`, {
    headers: { ...html, "sec-fetch-site": "cross-site" },
  });
  assertEquals(status, 200);
  assertStringIncludes(body, `<meta http-equiv="refresh" content="0;url=/">`);
});

Deno.test("without a session a person is asked to sign in, and a program is refused", async () => {
  await using served = new ServedConsole();
  const answers = [
    await served.ask("/cases", { headers: html }),
    await served.ask("/cases", { headers: json }),
    await served.ask("/stuck/redrive", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }),
    await served.ask("/stream"),
  ];
  assertEquals(answers.map(({ status }) => status), [303, 401, 401, 303]);
  assertEquals(answers[1]!.headers.get("content-type"), "application/problem+json");
});

Deno.test("a form from another site, or of another session, does nothing", async () => {
  await using served = new ServedConsole();
  const { cookie } = served.signIn("admin");
  const other = served.signIn("admin");
  const fields = { group: "x:Error", count: "1", reason: "because" };
  const body = new URLSearchParams(fields);
  const foreign = { cookie, origin: "https://elsewhere.example", ...html };
  const answers = [
    await served.ask("/stuck/redrive", { method: "POST", headers: foreign, body }),
    await served.submit("/stuck/redrive", cookie, fields),
    await served.submit("/stuck/redrive", cookie, { ...fields, csrf: other.csrf }),
  ];
  assertEquals(answers.map(({ status }) => status), [403, 403, 403]);
});

Deno.test("the way back after a switch of language is an address of this console", async () => {
  await using served = new ServedConsole();
  const { cookie } = served.signIn("viewer");
  const ways = ["/cases?from=25", "//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example"];
  const led: (string | null)[] = [];
  for (const to of ways) {
    led.push((await served.submit("/preferences", cookie, { language: "nl", to })).headers.get("location"));
  }
  assertEquals(led, ["/cases?from=25", "/", "/", "/"]);
});

Deno.test("what a case says of itself is escaped, and its personal data is not there", async () => {
  await using served = new ServedConsole();
  const event = anEvent("zaak-1", 1);
  const script = "<script>alert(1)</script>";
  await served.backend.append([{
    ...event,
    data: { ...event.data, debt_type: script, organization: script },
  }]);
  const { cookie } = served.signIn("admin");
  for (const path of ["/cases", "/cases/zaak-1", "/cases/zaak-1?view=raw", "/review", "/audit"]) {
    const { status, body } = await served.ask(path, { headers: { ...html, cookie } });
    assertEquals([status, body.includes("<script>"), body.includes("123456782")], [200, false, false], path);
  }
  assertEquals(served.failures, []);
});

Deno.test("a list is JSON at the same address, and a case too", async () => {
  await using served = new ServedConsole();
  await served.backend.append([anEvent("zaak-1", 1)]);
  const { cookie } = served.signIn("viewer");
  const list = JSON.parse((await served.ask("/cases", { headers: { ...json, cookie } })).body);
  assertEquals(list.cases.map((each: { case_id: string; state: string }) => [each.case_id, each.state]), [
    ["zaak-1", "received"],
  ]);
  const one = JSON.parse((await served.ask("/cases/zaak-1", { headers: { ...json, cookie } })).body);
  assertEquals(one.events.length, 1);
  const none = await served.ask("/cases/none", { headers: { ...json, cookie } });
  assertEquals([none.status, JSON.parse(none.body).status], [404, 404]);
});

Deno.test("the page of a case tells the trace of the event it shows, and none where there is none", async () => {
  await using served = new ServedConsole();
  const { metadata, ...event } = anEvent("zaak-1", 1);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  await served.backend.append([{ ...event, metadata: { ...metadata, traceparent } }, anEvent("zaak-2", 2)]);
  const { cookie } = served.signIn("viewer");
  const bodyOf = async (path: string) => (await served.ask(path, { headers: { ...html, cookie } })).body;
  assertStringIncludes(await bodyOf("/cases/zaak-1"), `<dd><code>${traceId}</code></dd>`);
  assertEquals((await bodyOf("/cases/zaak-2")).includes("Trace"), false);
});

Deno.test("a program with a token needs no cookie, and does what the roles of its token allow", async () => {
  await using served = new ServedConsole({ people: { script: ["viewer"] } });
  const as = (token: string) => ({ ...json, authorization: `Bearer ${token}` });
  const statuses = [
    (await served.ask("/cases", { headers: as("script") })).status,
    (await served.ask("/node", { headers: as("script") })).status,
    (await served.ask("/cases", { headers: as("made up") })).status,
  ];
  assertEquals(statuses, [200, 403, 401]);
});

Deno.test("the page of a node shows what the system may decide alone, by whose leave and since when", async () => {
  await using served = new ServedConsole();
  const { cookie } = served.signIn("operator");
  const nodePage = async () => (await served.ask("/node", { headers: { ...html, cookie } })).body;
  assertStringIncludes(await nodePage(), "None: a person decides on what is adverse or closes a case.");
  try {
    const given = { decisions: ["collect"], upTo: 7_000, givenBy: "the board", since: "2026-01-01" };
    grantMandates([{ name: "fines", ...given }]);
    assertStringIncludes(await nodePage(), "<b>fines</b>: collect");
    assertStringIncludes(await nodePage(), "given by the board");
    const shown = JSON.parse((await served.ask("/node", { headers: { ...json, cookie } })).body).mandates;
    assertEquals(shown.map(({ name }: { name: string }) => name), ["fines"]);
  } finally {
    grantMandates([]);
  }
});

Deno.test("with --auth token people sign in by their token, and no link is made for anybody", async () => {
  await using served = new ServedConsole({ people: { "k.muster": ["caseworker"] } });
  const origin = { origin: "http://127.0.0.1:8080", ...html };
  const sent = (token: string) => ({ method: "POST", headers: origin, body: new URLSearchParams({ token }) });
  assertEquals((await served.ask("/login", sent("wrong"))).status, 403);
  const { status, headers } = await served.ask("/login", sent("k.muster"));
  assertEquals([status, headers.get("set-cookie") !== null], [303, true]);
  const asked = {
    method: "POST",
    headers: { authorization: "Link link secret", "content-type": "application/json" },
  };
  assertEquals((await served.ask("/links", asked)).status, 404);
});

Deno.test("a link is made for whoever knows the secret of this machine", async () => {
  await using served = new ServedConsole();
  const ask = (secret: string) =>
    served.ask("/links", {
      method: "POST",
      headers: { authorization: `Link ${secret}`, "content-type": "application/json" },
    });
  assertEquals((await ask("guessed")).status, 404);
  const { token } = JSON.parse((await ask("link secret")).body);
  assertEquals((await served.ask(`/login?token=${token}`, { headers: html })).status, 303);
});

Deno.test("files of pages are kept for ever, and the style sheet has at most 15 KB", async () => {
  await using served = new ServedConsole();
  const { cookie } = served.signIn("viewer");
  const { body } = await served.ask("/", { headers: { ...html, cookie } });
  const paths = [...body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
  assertEquals(paths.length, 4);
  for (const path of paths) {
    const { status, headers, body: text } = await served.ask(path);
    assertEquals([status, headers.get("cache-control")], [200, "public, max-age=31536000, immutable"]);
    assert(new TextEncoder().encode(text).length <= 15_360, path);
  }
});

Deno.test("the page is in the language of the browser, and in the one that was chosen", async () => {
  await using served = new ServedConsole();
  const { cookie } = served.signIn("viewer");
  const ask = async (headers: Record<string, string>) => (await served.ask("/cases", { headers })).body;
  assertStringIncludes(await ask({ ...html, cookie, "accept-language": "nl-NL" }), `<html lang="nl">`);
  const chosen = { ...html, cookie: `${cookie}; zaakstroom_language=en`, "accept-language": "nl-NL" };
  assertStringIncludes(await ask(chosen), `<html lang="en">`);
});

Deno.test("What if shows every bound of the policy, refuses what is none, and answers what another one would do", async () => {
  await using served = new ServedConsole();
  const { cookie } = served.signIn("auditor");
  const ask = (query: string, accept = html) =>
    served.ask(`/what-if${query}`, { headers: { ...accept, cookie } });
  const page = await ask("");
  assertEquals(page.status, 200);
  assertStringIncludes(
    page.body,
    'name="forgive_max" type="number" min="0" max="100000" step="0.01" value="500"',
  );
  const refused = await ask("?missed_max=0");
  assertEquals(refused.status, 422);
  assertStringIncludes(refused.body, "missed_max: must be times from 1 to 12");
  const tried = await ask("?missed_max=1", json);
  const { differences, changes } = JSON.parse(tried.body);
  assertEquals([tried.status, differences, changes], [200, 0, ["missed_max 2 → 1"]]);
  assertEquals(served.failures, []);
});

Deno.test("personal data is opened by a role that may, with a reason that is kept before it is shown", async () => {
  await using served = new ServedConsole();
  await served.backend.append([anEvent("zaak-1", 1)]);
  const path = "/cases/zaak-1/personal";
  const [viewer, caseworker] = [served.signIn("viewer"), served.signIn("caseworker")];
  const reason = "The letter came back";
  const asked = async ({ cookie, csrf }: typeof viewer, fields: Record<string, string>) =>
    await served.submit(path, cookie, { csrf, ...fields });
  assertEquals((await asked(viewer, { reason })).status, 403);
  assertEquals((await asked(caseworker, {})).status, 422);
  assertEquals(await served.backend.audit("zaak-1"), []);
  const opened = await asked(caseworker, { reason });
  assertEquals([opened.status, opened.headers.get("cache-control")], [200, "no-store"]);
  assertStringIncludes(opened.body, "123456782");
  const acts = (await served.backend.audit("zaak-1")).map(({ act, by, why }) => [act, by, why]);
  assertEquals(acts, [["read_personal", "j.jansen", reason]]);
  for (const [{ cookie }, mayOpen] of [[viewer, false], [caseworker, true]] as const) {
    const { body } = await served.ask("/cases/zaak-1", { headers: { ...html, cookie } });
    assertEquals([body.includes("123456782"), body.includes(`action="${path}"`)], [false, mayOpen]);
  }
  assertEquals(served.failures, []);
});
