/** Every way of telling a NATS server who we are, and what is said where it does not believe us. @module */
import { assert, assertEquals } from "@std/assert";
import { nkeys } from "@nats-io/transport-deno";
import { fileURLToPath } from "node:url";
import { requiresClientCertificate } from "../../../backends/nats/connection/tls_probe.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { natsAccounts } from "../../support/servers/nats_accounts.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats, type TestNatsOptions } from "../../support/servers/nats_server.ts";
import { assertRefused, type ProgramResult, run, runHere } from "../../support/program.ts";

let directory: string;
Deno.test.beforeAll(async () => {
  directory = await Deno.makeTempDir();
});
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

const pem = (name: string) =>
  fileURLToPath(new URL(`../../support/servers/tls/${name}.pem`, import.meta.url));

async function file(name: string, text: string): Promise<string> {
  await Deno.writeTextFile(`${directory}/${name}`, text);
  return `${directory}/${name}`;
}

const list = (url: string, ...flags: string[]): Promise<ProgramResult> =>
  runHere(["cases", "list", "--backend", "nats", "--url", url, ...flags]);

function assertLists({ code, out, err }: ProgramResult): void {
  assertEquals([code, out], [0, "No cases"], err);
}

/** A server with these lines, that answers whoever says so. */
function serverWith(config: string, options: TestNatsOptions = {}) {
  return startNats({ config, ...options });
}

natsTest(
  "a user and a password, as flags or in the URL; a wrong one is refused and not repeated",
  async () => {
    const config = `authorization { user: ann, password: "p@ss word" }`;
    await using server = await serverWith(config, { credentials: { user: "ann", pass: "p@ss word" } });
    assertLists(await list(server.url, "--nats-user", "ann", "--nats-password", "p@ss word"));
    assertLists(await list(server.url.replace("//", "//ann:p%40ss%20word@")));
    const wrong = await list(server.url, "--nats-user", "ann", "--nats-password", "secret-word");
    assertRefused(wrong, exitCodes.unusable, /^NATS refuses the user: check the credentials$/);
    const inUrl = await list(server.url.replace("//", "//ann:secret-word@"));
    assertRefused(inUrl, exitCodes.unusable, /check the credentials$/);
    assert(!`${wrong.err}${inUrl.err}`.includes("secret-word"));
    assertRefused(await list(server.url), exitCodes.unusable, /check the credentials$/);
  },
);

natsTest("a password and a token are taken from the files that the environment names", async () => {
  const secret = await file("secret", "t0p secret\n");
  const listWith = (url: string, env: Record<string, string>) =>
    run(["cases", "list", "--backend", "nats", "--url", url], { env });
  await using byUser = await serverWith(`authorization { user: ann, password: "t0p secret" }`, {
    credentials: { user: "ann", pass: "t0p secret" },
  });
  const user = { ZAAKSTROOM_NATS_USER: "ann", ZAAKSTROOM_NATS_PASSWORD_FILE: secret };
  assertEquals((await listWith(byUser.url, user)).code, 0);
  await using byToken = await serverWith(`authorization { token: "t0p secret" }`, { token: "t0p secret" });
  assertEquals((await listWith(byToken.url, { ZAAKSTROOM_NATS_TOKEN_FILE: secret })).code, 0);
});

natsTest("a token, and an nkey by its seed in a file", async () => {
  const user = nkeys.createUser();
  const seed = await file("seed", `${new TextDecoder().decode(user.getSeed())}\n`);
  await using byToken = await serverWith(`authorization { token: "t0ken" }`, { token: "t0ken" });
  assertLists(await list(byToken.url, "--nats-token", "t0ken"));
  assertLists(await list(byToken.url.replace("//", "//t0ken@")));
  assertRefused(
    await list(byToken.url, "--nats-token", "other"),
    exitCodes.unusable,
    /check the credentials$/,
  );
  const config = `authorization { users: [{ nkey: ${user.getPublicKey()} }, { user: x, password: y }] }`;
  await using byNkey = await serverWith(config, { credentials: { user: "x", pass: "y" } });
  assertLists(await list(byNkey.url, "--nats-nkey", seed));
});

natsTest(
  "a credentials file; one that has expired, is no such file or none at all is refused in a line",
  async () => {
    const accounts = natsAccounts();
    const good = await file("good.creds", accounts.credentials(3_600));
    await using server = await serverWith(accounts.config, { credsFile: good });
    assertLists(await list(server.url, "--nats-creds", good));
    const expired = await file("expired.creds", accounts.credentials(-60));
    assertRefused(
      await list(server.url, "--nats-creds", expired),
      exitCodes.unusable,
      /check the credentials/,
    );
    const garbage = await file("garbage.creds", "not a credentials file");
    assertRefused(await list(server.url, "--nats-creds", garbage), exitCodes.unusable, /credentials/);
    const nowhere = await list(server.url, "--nats-creds", `${directory}/nowhere`);
    assertRefused(nowhere, exitCodes.unusable, /^Cannot read .*nowhere: there is no such file$/);
  },
);

natsTest(
  "what a server asks for is known before TLS begins, also where it hangs up without a reason",
  async () => {
    const files = `cert_file: "${pem("server")}", key_file: "${pem("server_key")}", ca_file: "${pem("ca")}"`;
    const identity = { caFile: pem("ca"), certFile: pem("client"), keyFile: pem("client_key") };
    await using mutual = await serverWith(`tls { ${files}, verify: true }`, identity);
    await using plain = await startNats();
    const closedPort = "nats://127.0.0.1:1";
    assertEquals(await requiresClientCertificate(`${closedPort},${mutual.url}`), true);
    assertEquals(await requiresClientCertificate(`${closedPort},${plain.url}`), false);
  },
);

natsTest("TLS with a certificate authority of one's own, and mTLS; neither is given up quietly", async () => {
  const tls = (more: string) =>
    `tls { cert_file: "${pem("server")}", key_file: "${pem("server_key")}", ca_file: "${
      pem("ca")
    }", ${more} }`;
  const ca = ["--tls-ca", pem("ca")];
  const own = ["--tls-cert", pem("client"), "--tls-key", pem("client_key")];
  await using server = await serverWith(tls("verify: false"), { caFile: pem("ca") });
  assertLists(await list(server.url, ...ca));
  const unknown = await list(server.url);
  assertEquals([unknown.code, unknown.err.split("\n").length], [exitCodes.unusable, 1], unknown.err);
  const identity = { caFile: pem("ca"), certFile: pem("client"), keyFile: pem("client_key") };
  await using mutual = await serverWith(tls("verify: true"), identity);
  assertLists(await list(mutual.url, ...ca, ...own));
  const without = await list(mutual.url, ...ca);
  assertRefused(
    without,
    exitCodes.unusable,
    /^The NATS server asks for a certificate of ours: give --tls-cert and --tls-key$/,
  );
  await using plain = await startNats();
  const insisted = await list(plain.url.replace("nats:", "tls:"));
  assertEquals([insisted.code, insisted.err.split("\n").length], [exitCodes.unusable, 1], insisted.err);
});

Deno.test("options that can't go together are refused before anybody connects", async () => {
  const url = "nats://127.0.0.1:1";
  const slips: [string[], RegExp][] = [
    [
      ["--nats-token", "a", "--nats-user", "b", "--nats-password", "c"],
      /^Cannot use --nats-token together with/,
    ],
    [["--nats-user", "b"], /^Cannot use --nats-user without --nats-password/],
    [["--tls-cert", "x"], /^Cannot use --tls-cert without --tls-key/],
    [["--replicas", "9"], /^Cannot use --replicas: must be a whole number from 1 to 5/],
  ];
  for (const [flags, reported] of slips) assertRefused(await list(url, ...flags), exitCodes.usage, reported);
  assertRefused(await list("postgres://host/db"), exitCodes.usage, /^Cannot use --url: with --backend nats/);
  assertRefused(await list(url), exitCodes.unavailable, /^NATS is away/);
});
