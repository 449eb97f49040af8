import { assertEquals, assertNotEquals } from "@std/assert";
import { Sessions } from "../../../../console/web/sessions.ts";
import { manualClock } from "../fixtures.ts";

const MINUTE = 60_000;
const admin = { name: "admin", roles: ["admin"] } as const;

Deno.test("a link signs in once", () => {
  const sessions = new Sessions();
  const link = sessions.createLink(admin);
  const cookie = sessions.redeem(link)!;
  assertEquals(sessions.find(cookie)?.roles, ["admin"]);
  assertEquals([sessions.redeem(link), sessions.redeem("made up")], [undefined, undefined]);
});

Deno.test("a link is good for ten minutes", () => {
  const { now, pass } = manualClock();
  const sessions = new Sessions(now);
  const [early, late] = [sessions.createLink(admin), sessions.createLink(admin)];
  pass(10 * MINUTE);
  assertNotEquals(sessions.redeem(early), undefined);
  pass(1);
  assertEquals(sessions.redeem(late), undefined);
});

Deno.test("a session ends half an hour after its last use, and to ask for it is no use", () => {
  const { now, pass } = manualClock();
  const sessions = new Sessions(now);
  const cookie = sessions.begin(admin);
  pass(30 * MINUTE);
  assertEquals(sessions.find(cookie)?.name, "admin");
  pass(29 * MINUTE);
  assertEquals(sessions.peek(cookie) !== undefined, true);
  pass(2 * MINUTE);
  assertEquals([sessions.peek(cookie) !== undefined, sessions.find(cookie)], [false, undefined]);
});

Deno.test("a session in use ends after eight hours all the same", () => {
  const { now, pass } = manualClock();
  const sessions = new Sessions(now);
  const cookie = sessions.begin(admin);
  for (let i = 0; i < 16; i++) {
    pass(30 * MINUTE);
    assertEquals(sessions.find(cookie)?.name, "admin");
  }
  pass(1);
  assertEquals(sessions.find(cookie), undefined);
});

Deno.test("who signs out has no session any more, and every session has a cookie and a form secret of its own", () => {
  const sessions = new Sessions();
  const [one, two] = [sessions.begin(admin), sessions.begin(admin)];
  assertNotEquals(sessions.find(one)!.csrf, sessions.find(two)!.csrf);
  sessions.end(one);
  assertEquals([sessions.find(one), sessions.find(two)?.name], [undefined, "admin"]);
});

Deno.test("of a thousand links the oldest makes room", () => {
  const sessions = new Sessions();
  const first = sessions.createLink(admin);
  const second = sessions.createLink(admin);
  for (let i = 0; i < 999; i++) sessions.createLink(admin);
  assertEquals(sessions.redeem(first), undefined);
  assertNotEquals(sessions.redeem(second), undefined);
});
