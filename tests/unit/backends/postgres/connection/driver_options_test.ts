/** URLs as libpq reads them, and what is read from the environment beside them. @module */
import { assertEquals, assertThrows } from "@std/assert";
import {
  type DriverOptions,
  driverOptions,
  type PostgresTarget,
  type Surroundings,
} from "../../../../../backends/postgres/connection/driver_options.ts";
import { BackendUnusable } from "../../../../../backends/errors.ts";
import { addressOf, withDatabase } from "../../../../../schema/postgres/postgres_url.ts";
import { postgresUrl } from "../../../../../schema/settings.ts";

function surroundings(variables: Record<string, string> = {}, account?: string): Surroundings {
  return { variable: (name) => variables[name], account: () => account };
}

const read = (url: string, around = surroundings({}, "piet"), more: PostgresTarget = {}) =>
  driverOptions({ ...more, url }, around);

const PLAIN: DriverOptions = {
  servers: [{ host: "127.0.0.1", port: 5432 }],
  tls: { mode: "prefer", rootCert: undefined, cert: undefined, key: undefined },
  targetSession: "any",
  connectTimeoutMs: 5_000,
  user: "postgres",
  password: undefined,
  passwordFile: undefined,
  database: "db",
  settings: {},
};

const tls = (mode: DriverOptions["tls"]["mode"], rootCert?: string) => ({
  tls: { ...PLAIN.tls, mode, rootCert },
});
const servers = (...servers: DriverOptions["servers"][number][]) => ({ servers });

/** Each URL, and in what it differs from the plain one. */
const URLS: readonly (readonly [url: string, differs: Partial<DriverOptions>])[] = [
  ["postgres://postgres@127.0.0.1/db", {}],
  ["postgresql://postgres@127.0.0.1:5432/db", {}],
  ["postgres://postgres@[::1]:6000/db", servers({ host: "::1", port: 6000 })],
  ["postgres://postgres@127.0.0.1/zaak%20dossier", { database: "zaak dossier" }],
  ["postgres://127.0.0.1/db", { user: "piet" }],
  ["postgres://127.0.0.1", { user: "piet", database: "piet" }],
  ["postgres://postgres:p%40s%3A%2F@127.0.0.1/db", { password: "p@s:/" }],
  ["postgres://postgres:a:b@c@127.0.0.1/db", { password: "a:b@c" }],
  ["postgres://127.0.0.1/?user=postgres&password=x%26y&dbname=db", { password: "x&y" }],
  ["postgres:///db?host=/run/pg&port=6000&user=postgres", servers({ host: "/run/pg", port: 6000 })],
  ["postgres://postgres@%2Frun%2Fpg:6000/db", servers({ host: "/run/pg", port: 6000 })],
  ["postgres:///db?user=postgres", servers({ host: "localhost", port: 5432 })],
  ["postgres://postgres@127.0.0.1/db?sslmode=disable", tls("disable")],
  ["postgres://postgres@127.0.0.1/db?sslmode=prefer", tls("prefer")],
  ["postgres://postgres@127.0.0.1/db?sslmode=require", tls("require")],
  ["postgres://postgres@127.0.0.1/db?ssl=true", tls("require")],
  ["postgres://postgres@127.0.0.1/db?sslmode=require&sslrootcert=/ca.pem", tls("verify-ca", "/ca.pem")],
  ["postgres://postgres@127.0.0.1/db?sslmode=verify-ca", tls("verify-ca")],
  ["postgres://postgres@127.0.0.1/db?sslmode=verify-full&sslrootcert=/ca.pem", tls("verify-full", "/ca.pem")],
  ["postgres://postgres@127.0.0.1/db?sslrootcert=system", tls("verify-full")],
  [
    "postgres://postgres@a,b:6000/db?target_session_attrs=read-write",
    { ...servers({ host: "a", port: 5432 }, { host: "b", port: 6000 }), targetSession: "read-write" },
  ],
  [
    "postgres://postgres@127.0.0.1:1,[::1]:2/db",
    servers({ host: "127.0.0.1", port: 1 }, { host: "::1", port: 2 }),
  ],
  [
    "postgres://postgres@/db?host=a,/run/pg&port=1",
    servers({ host: "a", port: 1 }, { host: "/run/pg", port: 1 }),
  ],
  ["postgres://postgres@127.0.0.1/db?passfile=/run/secrets/pgpass", { passwordFile: "/run/secrets/pgpass" }],
  ["postgres://postgres@127.0.0.1/db?connect_timeout=9", { connectTimeoutMs: 9_000 }],
  ["postgres://postgres@127.0.0.1/db?keepalives=1&channel_binding=prefer&search_path=x", {
    settings: { search_path: "x" },
  }],
];

Deno.test("a URL is read as libpq reads it", () => {
  for (const [url, differs] of URLS) {
    assertEquals(read(url), { ...PLAIN, ...differs }, url);
    assertEquals(postgresUrl.safeParse(url).success, true, url);
  }
});

Deno.test("what the URL leaves out is read from libpq's variables, and what it says goes before them", () => {
  const variables = {
    PGUSER: "els",
    PGPASSWORD: "geheim",
    PGHOST: "db.example",
    PGPORT: "6000",
    PGDATABASE: "zaken",
    PGSSLMODE: "verify-ca",
    PGSSLROOTCERT: "/ca.pem",
    PGTARGETSESSIONATTRS: "primary",
  };
  assertEquals(read("postgres:///?", surroundings(variables)), {
    ...PLAIN,
    ...servers({ host: "db.example", port: 6000 }),
    ...tls("verify-ca", "/ca.pem"),
    user: "els",
    password: "geheim",
    database: "zaken",
    targetSession: "primary",
  });
  const url = "postgres://postgres:own@127.0.0.1:5432/db?sslmode=disable&target_session_attrs=any";
  assertEquals(read(url, surroundings({ ...variables, PGSSLROOTCERT: "" })), {
    ...PLAIN,
    ...tls("disable"),
    password: "own",
  });
});

Deno.test("a password is looked for in the file that the URL names, else PGPASSFILE, else in the home directory", () => {
  const fileOf = (url: string, variables: Record<string, string>) =>
    read(url, surroundings(variables)).passwordFile;
  const variables = { HOME: "/home/els", PGPASSFILE: "/run/pgpass" };
  assertEquals(fileOf("postgres://u@h/db?passfile=/own", variables), "/own");
  assertEquals(fileOf("postgres://u@h/db", variables), "/run/pgpass");
  assertEquals(fileOf("postgres://u@h/db", { HOME: "/home/els" }), "/home/els/.pgpass");
});

Deno.test("a session that may be of any kind, libpq's default, is no different from none named", () => {
  const around = surroundings({ PGTARGETSESSIONATTRS: "any" });
  assertEquals(read("postgres://postgres@127.0.0.1/db", around), PLAIN);
  const socket = driverOptions(
    { host: "/run/pg" },
    surroundings({ PGTARGETSESSIONATTRS: "primary", PGPORT: "1" }),
  );
  assertEquals([socket.targetSession, socket.servers], ["any", [{ host: "/run/pg", port: 5432 }]]);
});

Deno.test("a file of who signs asks for verification, unless the URL says how far", () => {
  const withCa = (url: string) => read(url, surroundings(), { caFile: "/ca.pem" }).tls;
  assertEquals(withCa("postgres://u@h/db"), { ...tls("verify-full", "/ca.pem").tls });
  assertEquals(withCa("postgres://u@h/db?sslmode=verify-ca"), { ...tls("verify-ca", "/ca.pem").tls });
  assertEquals(withCa("postgres://u@h/db?sslmode=disable").mode, "disable");
});

Deno.test("where nothing names a user, one is asked for", () => {
  assertThrows(
    () => read("postgres://h/db", surroundings()),
    BackendUnusable,
    "names no user: write postgres://USER@",
  );
});

/** Each URL that is refused, and what its message says. */
const REFUSED: readonly (readonly [url: string, says: string])[] = [
  [
    "postgres://u:geheim@h/db?sslmode=banana",
    "disable, allow, prefer, require, verify-ca, verify-full as sslmode",
  ],
  ["postgres://u:geheim@h/db?target_session_attrs=best", "as target_session_attrs"],
  ["postgres://u:geheim@h/db?channel_binding=require", "do without channel_binding"],
  ["postgres://u:geheim@a,b,c/db?port=1,2", "one port for all of its hosts"],
  ["postgres://u:geheim@h:99999/db", "a port up to 65535"],
  ["postgres://u:geheim%@h/db", "write a % in it as %25"],
  ["postgres://u:geheim@[::1/db", "must be a URL"],
];

Deno.test("a URL that asks for what is not there is refused in words that repeat no secret", () => {
  for (const [url, says] of REFUSED) {
    const { message } = assertThrows(() => read(url), BackendUnusable, says);
    assertEquals(message.includes("geheim"), false, message);
    assertEquals(postgresUrl.safeParse(url).success, false, url);
  }
});

Deno.test("a URL is shown without its user and password, and can be given another database", () => {
  const url = "postgres://u:geheim@a,[::1]:6000/db?sslmode=require&dbname=x";
  assertEquals(addressOf(url), "a:5432,[::1]:6000/x");
  assertEquals(
    withDatabase(url, "zaak dossier"),
    "postgres://u:geheim@a,[::1]:6000/zaak%20dossier?sslmode=require",
  );
  assertEquals(withDatabase("postgres://h", "b"), "postgres://h/b");
});
