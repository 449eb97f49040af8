import { assertEquals } from "@std/assert";
import { join } from "node:path";

const isRoot = Deno.uid() === 0;
const isLinux = Deno.build.os === "linux";

/** A temporary place for a data directory; at its end, whatever still runs there is ended by process id. */
export class TestDirectory {
  private constructor(readonly root: string, readonly dataDir: string) {}

  static async make(name = "data"): Promise<TestDirectory> {
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "zaakstroom-embedded-" }));
    await Deno.chmod(root, 0o711);
    return new TestDirectory(root, join(root, name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of await processesOf(this.root)) {
      Deno.kill(pid, "SIGKILL");
      await waitUntilGone(pid);
    }
    await waitUntil(() => Deno.remove(this.root, { recursive: true }).then(() => true, () => false));
  }
}

/** Another process that uses a data directory until told to finish. */
export class UserProcess {
  /** What it says once it has opened the database. */
  report: { opened?: string } = {};

  private constructor(readonly child: Deno.ChildProcess & { stdin: WritableStream<Uint8Array> }) {}

  static spawn(dataDir: string, role: string): UserProcess {
    const module = new URL("../../../backends/postgres/embedded/embedded.ts", import.meta.url).href;
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    const code = `import { openEmbedded } from ${JSON.stringify(module)};
      const database = await openEmbedded({ dataDir: Deno.args[0], role: Deno.args[1] });
      console.log(JSON.stringify({ opened: database.opened }));
      await Deno.stdin.read(new Uint8Array(1));
      await database.close();`;
    const args = ["eval", "--quiet", "--config", config, code, dataDir, role];
    const stdio = { stdin: "piped", stdout: "piped", stderr: "inherit" } as const;
    return new UserProcess(new Deno.Command(Deno.execPath(), { args, ...stdio }).spawn());
  }

  /** Starts one and waits until it has opened the database. */
  static async opened(dataDir: string, role: string): Promise<UserProcess> {
    const user = UserProcess.spawn(dataDir, role);
    const reader = user.child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`The other process ended: ${(await user.child.status).code}`);
      text += value;
    }
    await reader.cancel();
    user.report = JSON.parse(text);
    return user;
  }

  /** Ends it as its own program would. */
  async finish(): Promise<void> {
    await this.child.stdin.close();
    assertEquals((await this.child.status).code, 0);
  }

  async kill9(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.status;
    await this.child.stdin.close();
    if (!this.child.stdout.locked) await this.child.stdout.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (await isAlive(this.child.pid)) await this.kill9();
  }
}

/** A process that has nothing to do with us, of the user who owns a path. */
export class ForeignProcess {
  private constructor(readonly child: Deno.ChildProcess) {}

  static async likeOwnerOf(path: string): Promise<ForeignProcess> {
    const { uid, gid } = await Deno.stat(path);
    const identity = isRoot ? { uid: uid!, gid: gid! } : {};
    return new ForeignProcess(new Deno.Command("sleep", { args: ["600"], cwd: "/", ...identity }).spawn());
  }

  get pid(): number {
    return this.child.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.status;
  }
}

/** A small disk in memory, mounted at a path. */
export class Disk {
  private constructor(readonly path: string) {}

  static async mount(path: string, options: string): Promise<Disk> {
    await Deno.mkdir(path);
    const args = ["-t", "tmpfs", "-o", options, "tmpfs", path];
    const { success, stderr } = await new Deno.Command("mount", { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new Disk(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Deno.Command("umount", { args: ["--lazy", this.path] }).output();
  }
}

export async function canMount(): Promise<boolean> {
  const path = join(await Deno.makeTempDir({ prefix: "zaakstroom-mount-" }), "disk");
  try {
    await using _disk = await Disk.mount(path, "size=1m");
    return true;
  } catch {
    return false;
  } finally {
    await Deno.remove(join(path, ".."), { recursive: true }).catch(() => {});
  }
}

async function processesOf(directory: string): Promise<number[]> {
  if (!isLinux) return [];
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === Deno.pid) continue;
    const command = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (command.includes(directory)) found.push(Number(name));
  }
  return found;
}

/** Field numbers as in proc(5); the name in parentheses may hold spaces. */
export async function sessionOf(pid: number): Promise<{ state: string; group: string; session: string }> {
  const fields = (await Deno.readTextFile(`/proc/${pid}/stat`)).replace(/^.*\) /, "").split(" ");
  return { state: fields[0]!, group: fields[2]!, session: fields[3]! };
}

/** A process that ended and that nobody has buried yet (a zombie) is not alive. */
export async function isAlive(pid: number): Promise<boolean> {
  if (isLinux) return await sessionOf(pid).then(({ state }) => state !== "Z", () => false);
  return (await new Deno.Command("ps", { args: ["-p", `${pid}`] }).output()).success;
}

export async function waitUntilGone(pid: number): Promise<void> {
  await waitUntil(async () => !await isAlive(pid));
}

/** A busy machine may take its time. */
const WITHIN_MS = 120_000;

/** Looks until it is so; what is awaited is another process's doing, and gives no signal. */
export async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`Waited ${WITHIN_MS} ms in vain`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What is half made in a data directory: cluster or programs. */
export async function findUnfinished(dataDir: string): Promise<string[]> {
  try {
    const names = (await Array.fromAsync(Deno.readDir(dataDir))).map((entry) => entry.name);
    return names.filter((name) => name.includes(".new-"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
