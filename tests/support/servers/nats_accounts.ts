/** Users of a NATS server in operator mode: JWTs as `nsc` would make them, signed here. @module */
import { nkeys } from "@nats-io/transport-deno";

type KeyPair = ReturnType<typeof nkeys.createUser>;

const encoder = new TextEncoder();
const base64 = (bytes: Uint8Array) => bytes.toBase64({ alphabet: "base64url", omitPadding: true });
const json = (value: unknown) => base64(encoder.encode(JSON.stringify(value)));

/** A JWT of a subject, signed by its issuer. */
function jwt(issuer: KeyPair, subject: KeyPair, name: string, nats: object, more: object = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    jti: crypto.randomUUID(),
    iat: now,
    iss: issuer.getPublicKey(),
    name,
    sub: subject.getPublicKey(),
  };
  const unsigned = `${json({ typ: "JWT", alg: "ed25519-nkey" })}.${json({ ...claims, nats, ...more })}`;
  return `${unsigned}.${base64(issuer.sign(encoder.encode(unsigned)))}`;
}

const UNLIMITED = { subs: -1, data: -1, payload: -1 };
const ACCOUNT = { ...UNLIMITED, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
const JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/** An operator with one account: the lines for a server's configuration, and users with credentials files. */
export function natsAccounts() {
  const [operator, system, account] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];
  const systemKey = system.getPublicKey();
  const ofOperator = { system_account: systemKey, type: "operator", version: 2 };
  const ofAccount = { limits: { ...ACCOUNT, ...JETSTREAM }, type: "account", version: 2 };
  const ofSystem = { limits: ACCOUNT, type: "account", version: 2 };
  const config = [
    `operator: ${jwt(operator, operator, "operator", ofOperator)}`,
    "resolver: MEMORY",
    `system_account: ${systemKey}`,
    "resolver_preload: {",
    `  ${account.getPublicKey()}: ${jwt(operator, account, "account", ofAccount)}`,
    `  ${systemKey}: ${jwt(operator, system, "system", ofSystem)}`,
    "}",
  ].join("\n");
  return {
    config,
    /** A credentials file of a new user, that expires in so many seconds. */
    credentials(expiresIn: number): string {
      const user = nkeys.createUser();
      const limits = { ...UNLIMITED, type: "user", version: 2 };
      const exp = Math.floor(Date.now() / 1000) + expiresIn;
      const token = jwt(account, user, "user", limits, { exp });
      const seed = new TextDecoder().decode(user.getSeed());
      return [
        "-----BEGIN NATS USER JWT-----",
        token,
        "------END NATS USER JWT------",
        "",
        "-----BEGIN USER NKEY SEED-----",
        seed,
        "------END USER NKEY SEED------",
        "",
      ].join("\n");
    },
  };
}
