/** What is said of an error of the server, and whether the same is tried again. @module */
import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { BackendBusy, BackendReadOnly, BackendUnusable } from "../../../../../backends/errors.ts";
import { isTransient, translate } from "../../../../../backends/postgres/connection/errors.ts";

const serverError = (code: string, message = "geheim") => Object.assign(new Error(message), { code });

/** Each code of a server that answers, what is expected, and what its line says. */
const ANSWERED:
  readonly (readonly [code: string, expected: new (message?: string) => Error, says: RegExp])[] = [
    ["25006", BackendReadOnly, /is a read-only server.*target_session_attrs=read-write/],
    ["25P03", BackendBusy, /idle_in_transaction_session_timeout/],
    ["25P04", BackendBusy, /transaction_timeout/],
    ["40001", BackendBusy, /could not serialize/],
    ["40P01", BackendBusy, /deadlock/],
    ["53100", BackendBusy, /free disk space/],
    ["53300", BackendBusy, /max_connections/],
    ["55P03", BackendBusy, /holds a lock.*pg_locks/],
    ["57014", BackendBusy, /statement_timeout/],
    ["53200", BackendBusy, /out of memory/],
    ["53400", BackendBusy, /limit of its configuration/],
    ["58030", BackendBusy, /can't use its files/],
    ["42501", BackendUnusable, /insufficient privilege\): grant/],
    ["42P01", BackendUnusable, /refuses \(42P01\): its log says/],
    ["54000", BackendUnusable, /its log says/],
    ["55000", BackendUnusable, /its log says/],
    ["55006", BackendUnusable, /its log says/],
    ["XX002", BackendUnusable, /its log says/],
  ];

Deno.test("a setting that is not known is told from a role that another version made", () => {
  const unknownSetting = Object.assign(serverError("42704"), { file: "guc.c" });
  assertMatch((translate(unknownSetting) as Error).message, /42704 unknown setting.*out of the URL/);
  const missingRole = Object.assign(serverError("42704"), { file: "acl.c" });
  assertMatch((translate(missingRole) as Error).message, /42704 missing role.*another version/);
});

Deno.test("a server that answers is never said to be away, and its line has the code and what to do", () => {
  for (const [code, expected, says] of ANSWERED) {
    const error = translate(serverError(code)) as Error;
    assertInstanceOf(error, expected, code);
    assertMatch(error.message, says);
    assertMatch(error.message, new RegExp(code));
    assert(!/away|geheim/.test(error.message), error.message);
  }
});

Deno.test("a server that is not to be had is away", () => {
  for (const code of ["08006", "57P01", "57P03", "ECONNREFUSED", "CONNECT_TIMEOUT"]) {
    assertMatch((translate(serverError(code)) as Error).message, /^PostgreSQL is away/);
  }
});

Deno.test("what the program itself sent is answered by an error of its own: it may be a bug", () => {
  for (const code of ["22003", "23505", "25P02", "ZS001"]) {
    const error = serverError(code);
    assertEquals(translate(error), error);
  }
});

Deno.test("a missing right names its object, and nothing else of the server's message", () => {
  const said = (message: string) => (translate(serverError("42501", message)) as Error).message;
  assertMatch(said("permission denied for table events"), /privilege for table events\)/);
  assertMatch(said("permission denied for function append"), /privilege for function append\)/);
  assertMatch(said('permission denied for schema "zaakstroom"'), /privilege for schema zaakstroom\)/);
  assertMatch(said("permission denied to create role"), /privilege to create role\)/);
  assertMatch(said("new row violates row-level security policy (geheim)"), /privilege\)/);
});

Deno.test("what others were in the way of is tried again, and nothing else", () => {
  const codes = ["25006", "40001", "40P01", "55P03", "42501", "57014", "57P01", "23505"];
  assertEquals(codes.map((code) => isTransient(serverError(code))), [
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
