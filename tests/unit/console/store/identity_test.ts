import { assertEquals, assertRejects } from "@std/assert";
import { userInfo } from "node:os";
import { createMemoryBackend } from "../../../../backends/memory/memory_backend.ts";
import { NotAllowed } from "../../../../backends/errors.ts";
import { UsageError } from "../../../../console/cli/exit_codes.ts";
import { actedBy, actorOf, actorOptions } from "../../../../console/store/identity.ts";
import { digestOf } from "../../../../console/web/sessions.ts";
import { writeEntries } from "../../../../console/web/token_file.ts";
import type { Producer } from "../../../../schema/authority/grants.ts";

const ACT = { by: "b.baas", why: "agreed" };
const OS = userInfo().username;
const OWNER: Producer = { name: "db_owner", isOwner: true };
const CLERK: Producer = { name: "db_clerk", isOwner: false };

const embedded = { backend: "postgres", url: undefined } as const;
const server = { backend: "postgres", url: "postgres://db_owner@host/db" } as const;

/** A store as this account sees it, in which others may be granted to act for others. */
async function storeOf(account: Producer, ...onBehalfOf: string[]) {
  const backend = createMemoryBackend({ partitions: 1, account });
  for (const name of onBehalfOf) await backend.producers.change(name, { onBehalfOf: true }, ACT);
  return Object.assign(backend, { [Symbol.asyncDispose]: () => backend.close() });
}

/** A file of tokens: a caseworker, one of yesterday, and a producer. */
async function withTokens<T>(use: (given: (token: string) => object) => Promise<T>): Promise<T> {
  const tokens = await Deno.makeTempFile();
  const entry = (name: string, more: object) => ({
    name,
    roles: [],
    scopes: [],
    sha256: digestOf(name),
    ...more,
  });
  try {
    await writeEntries(tokens, [
      entry("j.jansen", { roles: ["caseworker"] }),
      entry("p.gisteren", { roles: ["caseworker"], expires: "2020-01-01T00:00:00Z" }),
      entry("belastingen", { scopes: ["events.append"] }),
    ]);
    return await use((token) => ({ token, tokens }));
  } finally {
    await Deno.remove(tokens);
  }
}

Deno.test("without a token the account is that of the session on a server of one's own, else that of the machine", async () => {
  await using backend = await storeOf(OWNER);
  assertEquals(await actorOf(backend, server, "review.decide"), { by: "db_owner", account: "db_owner" });
  assertEquals(await actorOf(backend, embedded, "review.decide"), { by: OS, account: OS });
  const development = { backend: "nats", url: undefined } as const;
  assertEquals((await actorOf(backend, development, "review.decide")).by, OS);
});

Deno.test("the name of somebody else is taken from whoever may act for others, and told beside the account", async () => {
  await using owner = await storeOf(OWNER);
  assertEquals(
    await actedBy(owner, { ...server, as: "k.klaas" }, "inbox.retry"),
    "k.klaas (account db_owner)",
  );
  await using granted = await storeOf(CLERK, "db_clerk");
  assertEquals(
    await actedBy(granted, { ...server, as: "k.klaas" }, "inbox.retry"),
    "k.klaas (account db_clerk)",
  );
  await using clerk = await storeOf(CLERK, "somebody_else");
  await assertRejects(
    () => actorOf(clerk, { ...server, as: "k.klaas" }, "inbox.retry"),
    NotAllowed,
    "db_clerk may not",
  );
  assertEquals(await actedBy(clerk, { ...server, as: "DB_clerk" }, "inbox.retry"), "DB_clerk");
});

Deno.test("nobody acts as a part of the runtime, and no account that is named as one acts without a name", async () => {
  for (const name of ["system", "System ", "anyone", "simulator/x", "ｓystem", "", "a\nb", "a\x1b[31m"]) {
    assertEquals(actorOptions.as.schema.safeParse(name).success, false, JSON.stringify(name));
  }
  await using backend = await storeOf({ name: "system", isOwner: true });
  await assertRejects(
    () => actorOf(backend, server, "review.decide"),
    UsageError,
    "must be the name of somebody",
  );
});

Deno.test("a token says who acts, with the real account beside it, on every store", async () => {
  await using backend = await storeOf(OWNER);
  await withTokens(async (given) => {
    const jansen = given("j.jansen");
    assertEquals(await actorOf(backend, { ...server, ...jansen }, "review.decide"), {
      by: "j.jansen",
      account: "db_owner",
    });
    assertEquals(
      await actedBy(backend, { ...embedded, ...jansen }, "review.propose"),
      `j.jansen (account ${OS})`,
    );
  });
});

Deno.test("a token that nobody has, that has expired, or that may not do this is refused", async () => {
  await using backend = await storeOf(OWNER);
  await withTokens(async (given) => {
    for (const token of ["nobody's", "p.gisteren", "belastingen"]) {
      await assertRejects(
        () => actorOf(backend, { ...server, ...given(token) }, "review.decide"),
        NotAllowed,
      );
    }
    await assertRejects(
      () => actorOf(backend, { ...server, ...given("j.jansen") }, "stuck.discard"),
      NotAllowed,
      "one of the roles operator, admin, or the scope stuck.discard: not j.jansen",
    );
    assertEquals(
      (await actorOf(backend, { ...server, ...given("belastingen") }, "events.append")).by,
      "belastingen",
    );
  });
  const nowhere = { ...server, token: "x", tokens: "/nonexistent/tokens.json" };
  await assertRejects(() => actorOf(backend, nowhere, "review.decide"), UsageError, "Cannot read the tokens");
});

Deno.test("who has a token acts for others only where that was granted to its name, not to the account", async () => {
  await withTokens(async (given) => {
    const asOther = { ...server, ...given("j.jansen"), as: "k.klaas" };
    await using backend = await storeOf(OWNER);
    await assertRejects(
      () => actorOf(backend, asOther, "review.decide"),
      NotAllowed,
      "j.jansen may not act as k.klaas",
    );
    await using granting = await storeOf(OWNER, "j.jansen");
    assertEquals(await actorOf(granting, asOther, "review.decide"), { by: "k.klaas", account: "j.jansen" });
  });
});

Deno.test("a token is taken from an account that may act for others alone: a file of one's own proves nothing to the store", async () => {
  await withTokens(async (given) => {
    await using clerk = await storeOf(CLERK);
    const jansen = { ...server, ...given("j.jansen") };
    await assertRejects(
      () => actorOf(clerk, jansen, "review.decide"),
      NotAllowed,
      "db_clerk may not act with the token",
    );
    await using granted = await storeOf(CLERK, "db_clerk");
    assertEquals((await actorOf(granted, jansen, "review.decide")).by, "j.jansen");
  });
});
