/** A real pgbouncer in transaction mode, where one is installed. @module */
import { join } from "node:path";
import { serverUser } from "../../../backends/local_server/run_as.ts";
import { cleanEnv } from "../program.ts";
import { Transcript } from "../transcript.ts";

/** Where a Linux distribution puts it, besides the PATH of ordinary users. */
const PLACES = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/opt/homebrew/bin", "/usr/local/bin"];

/** The path of pgbouncer, or undefined. */
export async function findPgbouncer(): Promise<string | undefined> {
  for (const place of [...(Deno.env.get("PATH") ?? "").split(":"), ...PLACES]) {
    const path = join(place, "pgbouncer");
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  return undefined;
}

/** A pooler in front of a server of this machine. */
export class Pgbouncer implements AsyncDisposable {
  private constructor(readonly port: number, readonly root: string, readonly child: Deno.ChildProcess) {}

  /** Three server connections for everybody: whoever relies on a session of his own is found out. */
  static async start(program: string, serverPort: number): Promise<Pgbouncer> {
    const root = await Deno.makeTempDir({ prefix: "zaakstroom-pgbouncer-" });
    const port = freePort();
    const file = join(root, "pgbouncer.ini");
    const users = join(root, "users.txt");
    await Deno.writeTextFile(users, '"postgres" ""\n');
    await Deno.writeTextFile(file, settings(serverPort, port, users));
    // It refuses to run as root, as PostgreSQL does.
    const { uid, gid, switched } = await serverUser(root);
    if (switched) { for (const path of [root, file, users]) await Deno.chown(path, uid, gid); }
    const identity = switched ? { uid, gid } : {};
    const options = { args: [file], cwd: "/", env: cleanEnv(), clearEnv: true, ...identity };
    const child = new Deno.Command(program, { ...options, stdin: "null", stdout: "null", stderr: "piped" })
      .spawn();
    const pooler = new Pgbouncer(port, root, child);
    await new Transcript(child.stderr).waitForLine(/process up/);
    return pooler;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.status;
    await Deno.remove(this.root, { recursive: true });
  }
}

function settings(serverPort: number, port: number, users: string): string {
  return [
    "[databases]",
    `* = host=127.0.0.1 port=${serverPort}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = trust",
    `auth_file = ${users}`,
    "pool_mode = transaction",
    "default_pool_size = 3",
    "max_client_conn = 100",
  ].join("\n");
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
