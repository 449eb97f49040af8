import { assertEquals } from "@std/assert";
import { access, type Act, isAllowed, roles } from "../../../../console/web/access.ts";
import { apiRoutes } from "../../../../console/web/api/routes.ts";
import { acts, pages } from "../../../../console/web/routes.ts";
import { ServedConsole } from "../../../support/servers/served_console.ts";

Deno.test("every route is open to the roles of its act and to no other", async () => {
  await using served = new ServedConsole();
  for (const role of roles) {
    const { cookie, csrf } = served.signIn(role);
    for (const { path, act } of pages) {
      const { status } = await served.ask(path.replace(":id", "none"), {
        headers: { cookie, accept: "text/html" },
      });
      assertEquals(status === 403, !allows(act, role), `${role} ${path}: ${status}`);
    }
    for (const { path, act } of acts) {
      const { status } = await served.submit(path, cookie, { csrf });
      assertEquals(status === 403, !allows(act, role), `${role} ${path}: ${status}`);
    }
  }
  assertEquals(served.failures, []);
});

Deno.test("every route of the API is open to the roles of its act, to a token with its scope, and to no other", async () => {
  const people = Object.fromEntries(roles.map((role) => [role, [role]]));
  await using served = new ServedConsole({ people });
  const statusOf = async ({ method, path }: (typeof apiRoutes)[number], token?: string) => {
    const headers = { ...token && { authorization: `Bearer ${token}` }, "content-type": "application/json" };
    const init = method === "post" ? { method: "POST", headers, body: "{}" } : { headers };
    return (await served.ask(`/api/v1${path.replace(/\{\w+\}/, "none")}`, init)).status;
  };
  for (const route of apiRoutes) {
    for (const role of roles) {
      const status = await statusOf(route, role);
      assertEquals(status === 403, !allows(route.act, role), `${role} ${route.path}: ${status}`);
    }
    assertEquals([await statusOf(route), await statusOf(route, "made up")], [401, 401], route.path);
  }
  assertEquals(isAllowed({ roles: [], scopes: ["events.append"] }, "events.append"), true);
  assertEquals(isAllowed({ roles: ["viewer"], scopes: ["events.append"] }, "events.see"), false);
  assertEquals(served.failures, []);
});

Deno.test("a preview is refused where the page around it is not", async () => {
  await using served = new ServedConsole();
  const asked = async (role: (typeof roles)[number], path: string) => {
    const { cookie } = served.signIn(role);
    return (await served.ask(path, { headers: { cookie, accept: "text/html" } })).status;
  };
  assertEquals([await asked("viewer", "/stuck"), await asked("operator", "/stuck?preview=1")], [200, 200]);
});

Deno.test("the table of roles is what it was agreed to be", () => {
  const table = Object.fromEntries(roles.map((role) => [role, actsOf(role)]));
  const everyone = ["overview.see", "processors.see", "cases.see", "stuck.see", "replay.see"];
  const reviewing = ["review.see", "review.propose", "review.decide"];
  assertEquals(table.viewer, everyone);
  const reading = everyone.slice(0, 3);
  assertEquals(table.caseworker, [
    ...reading,
    "cases.open_personal",
    ...reviewing,
    "stuck.see",
    "replay.see",
  ]);
  assertEquals(table.approver, [
    ...reading,
    "cases.open_personal",
    "review.see",
    "review.propose",
    "review.approve",
    "review.decide",
    "stuck.see",
    "replay.see",
    "what_if.try",
    "what_if.run",
  ]);
  assertEquals(table.auditor, [
    ...reading,
    "cases.open_personal",
    "review.see",
    "stuck.see",
    "inbox.see",
    "audit.see",
    "replay.see",
    "what_if.try",
    "what_if.run",
    "node.see",
    "events.see",
  ]);
  assertEquals(table.operator?.filter((act) => act.startsWith("review")), []);
  const operating = [
    "processors.pause",
    "processors.resume",
    "processors.rewind",
    "nodes.drain",
    "nodes.resume",
    "stuck.preview",
    "stuck.redrive",
    "stuck.discard",
    "parked.retry",
  ];
  assertEquals(
    table.operator?.filter((act) => /^(processors|nodes|stuck|parked)\.(?!see)/.test(act)),
    operating,
  );
  assertEquals(table.admin, Object.keys(access));
});

function allows(act: Act, role: (typeof roles)[number]): boolean {
  return (access[act] as readonly string[]).includes(role);
}

function actsOf(role: (typeof roles)[number]): readonly string[] {
  return (Object.keys(access) as Act[]).filter((act) => allows(act, role));
}
