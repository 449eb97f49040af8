/** What the proxy understands of protocols: whole messages, however they are cut, and which of them commit. @module */
import { assertEquals } from "@std/assert";
import { NatsWire } from "../../../../simulators/proxy/nats_wire.ts";
import { PostgresWire } from "../../../../simulators/proxy/postgres_wire.ts";
import type { MessageFilter, WireOutput } from "../../../../simulators/proxy/wire.ts";

const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);
const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** A message of PostgreSQL: a letter, a length, a body. */
function message(type: string, body = ""): string {
  const length = body.length + 4;
  return `${type}${String.fromCharCode(0, 0, length >> 8, length & 255)}${body}`;
}

const startup = String.fromCharCode(0, 0, 0, 8, 0, 3, 0, 0);
const ready = message("Z", "I");
const ask = (name: string, query: string) =>
  message("P", `${name}\0${query}\0\0\0`) + message("B", `\0${name}\0`) + message("S");
const settle = ask("s1", "select zaakstroom.settle($1)");
const pull = ask("s2", "select * from zaakstroom.fetch_group($1)");

/** What comes of bytes that arrive one by one. */
function oneByOne(way: (chunk: Uint8Array) => WireOutput, all: string) {
  const passages = [...all].map((char) => way(bytes(char)));
  return {
    on: passages.flatMap(({ forwarded: on }) => on).map(text).join(""),
    back: passages.flatMap(({ responses: back }) => back).map(text).join(""),
    broken: passages.some(({ closes: broken }) => broken),
  };
}

function tampering(filter: Partial<MessageFilter>): () => MessageFilter {
  return () => ({ request: () => "pass", reply: () => "pass", ...filter });
}

Deno.test("PostgreSQL: everything passes unchanged, however it is cut", () => {
  const wire = new PostgresWire(() => undefined);
  const up = startup + settle + pull;
  assertEquals(oneByOne((chunk) => wire.up(chunk), up), { on: up, back: "", broken: false });
  const down = ready + message("C", "SELECT 1\0") + ready + message("C", "SELECT 1\0") + ready;
  assertEquals(oneByOne((chunk) => wire.down(chunk), down), { on: down, back: "", broken: false });
});

Deno.test("PostgreSQL: the reply to a commit is lost once it has committed, and no other", () => {
  const wire = new PostgresWire(tampering({ reply: () => "lose" }));
  wire.up(bytes(startup + pull + settle));
  const first = ready + message("C", "SELECT 1\0") + ready;
  assertEquals(text(wire.down(bytes(first)).forwarded.reduce(join)), first);
  const row = message("D", "row");
  const reply = wire.down(bytes(row + message("C", "SELECT 1\0")));
  assertEquals([reply.forwarded.map(text).join(""), reply.closes], [row, false]);
  assertEquals(wire.down(bytes(ready)), { forwarded: [], responses: [], closes: true });
});

Deno.test("PostgreSQL: a commit that is refused never reaches the server", () => {
  const wire = new PostgresWire(tampering({ request: () => "refuse" }));
  const { on, back, broken } = oneByOne((chunk) => wire.up(chunk), startup + pull + settle);
  assertEquals(on, startup + pull + message("P", "s1\0select zaakstroom.settle($1)\0\0\0"));
  assertEquals([/SFATAL\0.*C57P01\0/.test(back), broken], [true, true]);
});

Deno.test("PostgreSQL: a pass is a commit too", () => {
  const wire = new PostgresWire(tampering({ request: () => "refuse" }));
  const pass = ask("s3", "select zaakstroom.commit_pass($1)");
  assertEquals(oneByOne((chunk) => wire.up(chunk), startup + pass).broken, true);
});

Deno.test("PostgreSQL: a full disk is answered in the turn of the commit that met it", () => {
  const wire = new PostgresWire(tampering({ request: () => "fill_up" }));
  assertEquals(oneByOne((chunk) => wire.up(chunk), startup + pull + settle).back, "");
  const { on } = oneByOne((chunk) => wire.down(chunk), ready + message("C", "SELECT 1\0") + ready);
  assertEquals(/C53100\0/.test(on.slice(-80)), true);
  assertEquals(on.endsWith(ready), true);
});

const publish = (subject: string, reply: string, head: string) =>
  `HPUB ${subject} ${reply}${reply === "" ? "" : " "}${head.length} ${head.length + 2}\r\n${head}{}\r\n`;
const staged = publish("cases.0.intake.a", "", "NATS/1.0\r\nNats-Batch-Sequence: 1\r\n\r\n");
const commit = publish(
  "cases.0.intake.b",
  "_INBOX.x.1",
  "NATS/1.0\r\nNats-Batch-Sequence: 2\r\nNats-Batch-Commit: 1\r\n\r\n",
);
const lease = publish("$KV.leases.a", "_INBOX.x.2", "NATS/1.0\r\nNats-Expected-Last-Sequence: 2\r\n\r\n");
const answer = (reply: string) => `MSG ${reply} 7 2\r\n{}\r\n`;

Deno.test("NATS: everything passes unchanged, however it is cut", () => {
  const wire = new NatsWire(() => undefined);
  const up = `CONNECT {}\r\nSUB _INBOX.x.* 7\r\nPING\r\n${staged}${commit}${lease}`;
  assertEquals(oneByOne((chunk) => wire.up(chunk), up), { on: up, back: "", broken: false });
  const down = `INFO {}\r\nPONG\r\n${answer("_INBOX.x.1")}${answer("_INBOX.x.2")}`;
  assertEquals(oneByOne((chunk) => wire.down(chunk), down), { on: down, back: "", broken: false });
});

Deno.test("NATS: the acknowledgement of a commit is lost, and no other answer", () => {
  const wire = new NatsWire(tampering({ reply: () => "lose" }));
  oneByOne((chunk) => wire.up(chunk), staged + commit + lease);
  const down = answer("_INBOX.x.1") + answer("_INBOX.x.2");
  assertEquals(oneByOne((chunk) => wire.down(chunk), down).on, answer("_INBOX.x.2"));
});

Deno.test("NATS: a commit that is refused is answered in the server's name", () => {
  const wire = new NatsWire(tampering({ request: () => "refuse" }));
  const { on, back } = oneByOne((chunk) => wire.up(chunk), `SUB _INBOX.x.* 7\r\n${staged}${commit}`);
  assertEquals(on, `SUB _INBOX.x.* 7\r\n${staged}`);
  assertEquals(/^MSG _INBOX\.x\.1 7 \d+\r\n.*10008/.test(back), true);
});

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  return bytes(text(a) + text(b));
}
