/** The console of a program as its users start it: the link it prints, who gets another, and what it says where. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { digestOf } from "../../../console/web/sessions.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";

const node = ["start", "--backend", "memory", "--port", "0"];

/** What a browser gets that keeps its cookie. */
async function follow(link: string): Promise<{ status: number; cookie: string }> {
  const { status, headers, body } = await fetch(link, {
    redirect: "manual",
    headers: { accept: "text/html" },
  });
  await body?.cancel();
  return { status, cookie: headers.get("set-cookie")?.split(";")[0] ?? "" };
}

async function read(
  url: string,
  cookie: string,
  headers: Record<string, string> = {},
): Promise<[number, string]> {
  const response = await fetch(url, {
    redirect: "manual",
    headers: { accept: "text/html", cookie, ...headers },
  });
  return [response.status, await response.text()];
}

Deno.test("a node prints a link that signs in once, also in a pipe, and console link makes another", async () => {
  await using runtime = await Deno.makeTempDir({ prefix: "zaakstroom-runtime-" }).then(removedAfter);
  await using program = Program.start(node, { env: { XDG_RUNTIME_DIR: runtime.path } });
  const url = await program.serving();
  const link = /http\S+/.exec(await program.err.waitForLine(/^Console, once/))![0];
  const { status, cookie } = await follow(link);
  assertEquals([status, (await follow(link)).status], [303, 403]);
  const [seen, page] = await read(url, cookie);
  assertEquals(seen, 200);
  assertStringIncludes(page, "<h1>");
  const env = { XDG_RUNTIME_DIR: runtime.path };
  const asked = ["console", "link", "--port", new URL(url).port];
  const { code, out } = await run(asked, { env });
  assertEquals([code, (await follow(out.trim())).status], [0, 303]);
  await assertProbesAnswer(url);
  await assertRefusesOtherNames(url, cookie);
  program.signal("SIGTERM");
  assertEquals((await program.ended()).code, 0);
  assertRefused(await run(asked, { env }), 4, /No node of this user serves its console/);
});

/** Probes need no session, and get what they always got. */
async function assertProbesAnswer(url: string): Promise<void> {
  for (const path of ["health", "live", "ready", "metrics"]) {
    assertEquals((await read(`${url}${path}`, ""))[0], 200, path);
  }
}

/** A page from elsewhere whose name was pointed at this address reads nothing. */
async function assertRefusesOtherNames(url: string, cookie: string): Promise<void> {
  const { port } = new URL(url);
  const connection = await Deno.connect({ port: Number(port) });
  const request =
    `GET /cases HTTP/1.1\r\nHost: evil.example:${port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  assertMatch(answer, /^HTTP\/1.1 421 /);
}

Deno.test("the log as JSON has no link, and neither has a node without a console", async () => {
  for (const more of [["--json"], ["--console", "off"]]) {
    await using program = Program.start([...node, ...more]);
    const url = await program.serving();
    assertEquals((await read(`${url}login`, ""))[0], more[0] === "--json" ? 200 : 404);
    program.signal("SIGTERM");
    const { out, err } = await program.ended();
    assert(!`${out}${err}`.includes("login?token"), err);
  }
});

Deno.test("another address than the loopback has no console without tokens, and with them no link", async () => {
  const everywhere = [...node, "--host", "0.0.0.0"];
  assertRefused(await run([...everywhere, "--console", "on"]), 2, /Cannot serve the console on 0\.0\.0\.0/);
  assertRefused(await run([...node, "--auth", "token"]), 2, /--auth token needs --tokens FILE/);
  const tokens = await Deno.makeTempFile({ prefix: "zaakstroom-tokens-" });
  try {
    const entry = { name: "v.iewer", roles: ["viewer"], sha256: digestOf("open sesame") };
    await Deno.writeTextFile(tokens, JSON.stringify([entry]));
    await using program = Program.start([...everywhere, "--auth", "token", "--tokens", tokens]);
    const url = (await program.serving()).replace("0.0.0.0", "127.0.0.1");
    const bearer = { accept: "application/json", authorization: "Bearer open sesame" };
    assertEquals((await read(`${url}cases`, "", bearer))[0], 200);
    assertEquals((await read(`${url}node`, "", bearer))[0], 403);
    program.signal("SIGTERM");
    assert(!(await program.ended()).err.includes("login?token"));
  } finally {
    await Deno.remove(tokens);
  }
});

Deno.test("a producer stores an event over HTTP, and a reader hears of it and of what comes of it", async () => {
  await using directory = removedAfter(await Deno.makeTempDir({ prefix: "zaakstroom-api-" }));
  const file = `${directory.path}/tokens.json`;
  const [producer, reader] = await Promise.all([
    ["belastingen", "--scopes", "events.append"],
    ["rapportage", "--roles", "auditor", "--tokens", `${file}.2`],
  ].map(async (args) => (await runHere(["token", "create", "--tokens", file, ...args])).out));
  const entries = await Promise.all(
    [file, `${file}.2`].map(async (path) => JSON.parse(await Deno.readTextFile(path))),
  );
  await Deno.writeTextFile(file, JSON.stringify(entries.flat()));
  await using program = Program.start([...node, "--tokens", file]);
  const events = `${await program.serving()}api/v1/events`;
  const as = (token: string) => ({ authorization: `Bearer ${token}`, "content-type": "application/json" });
  const stream = await fetch(events, { headers: { ...as(reader!), accept: "text/event-stream" } });
  const body = JSON.stringify({
    case_id: "zaak-1",
    citizen_bsn: "999990019",
    debt_amount: 90,
    debt_type: "huur",
  });
  const stored = await fetch(events, { method: "POST", headers: as(producer!), body });
  assertEquals([stored.status, (await stored.json()).version], [201, 1]);
  let seen = "";
  for await (const text of stream.body!.pipeThrough(new TextDecoderStream())) {
    seen += text;
    if (/^event: case\.(decision|review_requested)$/m.test(seen)) break;
  }
  assertMatch(seen, /^event: case\.intake\ndata: \{.*"source":"belastingen"/m);
  assert(!seen.includes("999990019"));
  const refused = await fetch(events, { headers: as(producer!) });
  assertEquals([refused.status, (await refused.json()).status], [403, 403]);
  const large = await fetch(events, {
    method: "POST",
    headers: as(producer!),
    body: `"${"x".repeat(1_100_000)}"`,
  });
  assertEquals([large.status, (await large.json()).status], [413, 413]);
});

function removedAfter(path: string): { readonly path: string } & AsyncDisposable {
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
