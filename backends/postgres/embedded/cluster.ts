import { dirname, join } from "node:path";
import { EmbeddedError, outputError, systemError } from "../../local_server/errors.ts";
import { POSTGRES_MAJOR } from "./platform.ts";
import { privateDirectory, serverCommand, type ServerUser } from "../../local_server/run_as.ts";
import { syncDirectory } from "../../local_server/sync_directory.ts";
import { exists, removeQuietly } from "./unpack.ts";

/** What a new cluster is made with. */
interface ClusterPlan {
  /** Where PostgreSQL's data goes; its parent exists. */
  readonly cluster: string;
  /** The unpacked PostgreSQL. */
  readonly programs: string;
  readonly user: ServerUser;
  /** Made besides PostgreSQL's own `postgres`, and owned by a role of the same name that is no superuser. */
  readonly database?: string;
  /** Who may come in over TCP on the loopback, where the server listens at all. */
  readonly loopback: "reject" | "trust";
}

/**
 * What an owner may tune with ALTER SYSTEM; the promises of durability are on the server's command line,
 * which nothing in the cluster can override.
 */
const TUNABLES = {
  max_connections: "60",
  shared_buffers: "256MB",
  max_wal_size: "2GB",
  // A stream of the log that is down for long loses its slot, and does not fill the disk.
  max_slot_wal_keep_size: "8GB",
  timezone: "UTC",
  log_timezone: "UTC",
};

/**
 * The same sort order and character classes on every platform and every C library, now and after an upgrade.
 */
const LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];

/** Marks what is not finished: whatever has it in its name was left by a process that died. */
const UNFINISHED = ".new-";

/**
 * Makes a cluster where there is none. It is made aside and renamed when complete and synced, so that one
 * that is there is whole, whenever its maker died. Call it by one process at a time.
 * @throws EmbeddedError when it cannot be made.
 */
export async function makeCluster(plan: ClusterPlan): Promise<void> {
  const temporary = `${plan.cluster}${UNFINISHED}${crypto.randomUUID().slice(0, 8)}`;
  try {
    await privateDirectory(temporary, plan.user);
    await initialise(plan, temporary);
    if (plan.database !== undefined) await createDatabase(plan, temporary, plan.database);
    await Deno.rename(temporary, plan.cluster);
    await syncDirectory(dirname(plan.cluster));
  } catch (error) {
    await removeQuietly(temporary);
    throw systemError(error, "initialising the database", plan.cluster);
  }
}

/**
 * Removes what dead processes left half made in a data directory; call it while no other process starts a server.
 */
export async function removeUnfinished(root: string): Promise<void> {
  for await (const entry of Deno.readDir(root)) {
    if (entry.name.includes(UNFINISHED)) await removeQuietly(join(root, entry.name));
  }
}

/**
 * Whether a cluster this program can use is there.
 * @throws EmbeddedError for one of another major version, and for a directory that is none.
 */
export async function hasCluster(cluster: string): Promise<boolean> {
  if (!await exists(cluster)) return false;
  const file = join(cluster, "PG_VERSION");
  if (!await exists(file)) throw damaged(cluster);
  const version = (await Deno.readTextFile(file)).trim();
  if (version === `${POSTGRES_MAJOR}`) return true;
  throw new EmbeddedError(
    "failed",
    `The data in ${cluster} is of PostgreSQL ${version} and this program brings ${POSTGRES_MAJOR}: ` +
      `upgrade it with pg_upgrade, or choose another --data-dir`,
  );
}

function damaged(cluster: string): EmbeddedError {
  return new EmbeddedError(
    "failed",
    `${cluster} is not a PostgreSQL cluster (it has no PG_VERSION): ` +
      `restore it, or move it away to begin anew`,
  );
}

async function initialise(plan: ClusterPlan, directory: string): Promise<void> {
  // who reaches the socket is the server's own user or root, and both could read the files anyway
  const access = ["--auth-local=trust", `--auth-host=${plan.loopback}`];
  const tunables = Object.entries(TUNABLES).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  const args = ["--pgdata", directory, "--username", SUPERUSER, ...LOCALE, ...access, ...tunables];
  const command = serverCommand(plan.user, join(plan.programs, "bin/initdb"), args);
  await succeed(await command.output(), plan);
}

/** Nobody comes in under it where there is a role for the store, which may make backups: whoever gets a statement in can't run programs or read files. */
const SUPERUSER = "postgres";

/** Through a single-user server, so that the database is there before anybody can connect. */
async function createDatabase(plan: ClusterPlan, directory: string, database: string): Promise<void> {
  const program = join(plan.programs, "bin/postgres");
  // the log keeps what the server says of itself; an error in a statement goes to the client who sent it
  const statements = [
    `create role ${database} login replication in role pg_read_all_settings;`,
    `create database ${database} owner ${database};`,
    `alter role ${database} set log_min_messages = 'log';`,
    `alter role ${SUPERUSER} nologin;`,
  ];
  const args = ["--single", "-j", "-D", directory, "-c", "exit_on_error=on", "postgres"];
  const server = serverCommand(plan.user, program, args, { stdin: "piped" }).spawn();
  const [output] = await Promise.all([server.output(), feed(server.stdin, statements.join("\n\n"))]);
  await succeed(output, plan);
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // it ended before it read everything; its exit status and output tell why
  }
}

function succeed(output: Deno.CommandOutput, plan: ClusterPlan): void {
  if (output.success) return;
  const text = new TextDecoder().decode(output.stderr);
  throw outputError(text, "initialising the database", plan.cluster);
}
