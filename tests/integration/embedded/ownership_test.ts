/** What others may have laid in a data directory is not used, and programs that changed are not executed. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { prepareDataDir } from "../../../backends/local_server/data_directory.ts";
import { EmbeddedError } from "../../../backends/local_server/errors.ts";
import { openDevelopmentServer } from "../../../backends/nats/development/development_server.ts";
import { isIntact, writeManifest } from "../../../backends/postgres/embedded/manifest.ts";
import { openEmbedded } from "../../../backends/postgres/embedded/embedded.ts";
import { unpack } from "../../../backends/postgres/embedded/unpack.ts";

const isRoot = Deno.uid() === 0;
const STRANGER = 65_000;

async function inDirectory(visit: (directory: string) => Promise<void>) {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "zaakstroom-owned-" }));
  try {
    await visit(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The one line with which every way into a data directory refuses it. */
async function refusals(dataDir: string): Promise<string> {
  const ways: (() => Promise<unknown>)[] = [
    () => prepareDataDir(dataDir),
    () => openEmbedded({ dataDir, role: "client" }),
    () => openDevelopmentServer({ dataDir, role: "client" }),
  ];
  const errors: Error[] = await Promise.all(
    ways.map((way) => assertRejects<EmbeddedError>(way, EmbeddedError)),
  );
  const [first, ...others] = errors.map((error) => error.message);
  assert(others.every((message) => message === first), others.join("\n"));
  return first!;
}

/** Every part there is, and one of the future. */
const PARTS = ["cluster", "pgsql-18.4", "logs", "run", "nats", "node.lock", "use.lock", "start.lock", "else"];

Deno.test("a link in the place of any part of a data directory is refused, and its target untouched", async () => {
  for (const part of PARTS) {
    await inDirectory(async (directory) => {
      const [dataDir, target] = [join(directory, "data"), join(directory, "target")];
      await Deno.mkdir(dataDir, { mode: 0o700 });
      await Deno.writeTextFile(target, "kept");
      await Deno.symlink(target, join(dataDir, part));
      assertEquals(
        await refusals(dataDir),
        `${join(dataDir, part)} is a link: remove it, or choose another --data-dir`,
      );
      assertEquals(await Deno.readTextFile(target), "kept");
    });
  }
});

Deno.test("a data directory, or a part of it, that others may write to is refused", async () => {
  for (const part of ["", ...PARTS]) {
    await inDirectory(async (directory) => {
      const dataDir = join(directory, "data");
      const path = join(dataDir, part);
      await Deno.mkdir(path, { recursive: true });
      await Deno.chmod(dataDir, 0o700);
      await Deno.chmod(path, 0o722);
      assertEquals((await refusals(dataDir)).split(":")[0], `Other users may write to ${path}`);
    });
  }
});

Deno.test("a data directory, or a part of it, that belongs to another user is refused", {
  ignore: !isRoot,
}, async () => {
  for (const part of ["", "pgsql-18.4", "nats", "node.lock", "else"]) {
    await inDirectory(async (directory) => {
      const dataDir = join(directory, "data");
      const path = join(dataDir, part);
      await Deno.mkdir(path, { recursive: true });
      await Deno.chmod(dataDir, 0o711);
      await Deno.chown(path, STRANGER, STRANGER);
      const message = await refusals(dataDir);
      assertEquals(message.split(",")[0], `${path} belongs to user ${STRANGER}`);
    });
  }
});

Deno.test("in nats' own directory a link is refused too", async () => {
  await inDirectory(async (directory) => {
    const dataDir = join(directory, "data");
    await Deno.mkdir(join(dataDir, "nats"), { recursive: true, mode: 0o700 });
    await Deno.symlink("/dev/null", join(dataDir, "nats", "node.lock"));
    const open = () => openDevelopmentServer({ dataDir, role: "node" });
    const { message } = await assertRejects(open, EmbeddedError);
    assert(message.includes("node.lock is a link"), message);
  });
});

/** A program that is as small as can be, and where it was unpacked. */
async function unpacked(directory: string) {
  const [native, target] = [join(directory, "native"), join(directory, "data", "pgsql")];
  for (const folder of ["bin", "lib"]) await Deno.mkdir(join(native, folder), { recursive: true });
  await Deno.mkdir(join(directory, "data"));
  const files = ["bin/initdb", "bin/postgres", "lib/libpq.so"];
  for (const file of files) await Deno.writeTextFile(join(native, file), `the real ${file}`);
  await unpack(native, target);
  return { native, target };
}

Deno.test("programs are unpacked anew when owner, mode, size or time of any differs, or the manifest is gone", async () => {
  const changes: Record<string, (target: string) => Promise<void>> = {
    size: (target) => Deno.writeTextFile(join(target, "bin/initdb"), "another one"),
    time: async (target) => {
      const path = join(target, "lib/libpq.so");
      const { mtime, atime } = await Deno.stat(path);
      await Deno.writeTextFile(path, "the fake lib/libpq.so");
      await Deno.utime(path, atime!, new Date(mtime!.getTime() + 1_000));
    },
    mode: (target) => Deno.chmod(join(target, "bin/postgres"), 0o777),
    directory: (target) => Deno.chmod(join(target, "lib"), 0o777),
    removal: (target) => Deno.remove(join(target, "lib/libpq.so")),
    link: async (target) => {
      await Deno.remove(join(target, "bin/initdb"));
      await Deno.symlink("/bin/true", join(target, "bin/initdb"));
    },
    manifest: (target) => Deno.remove(join(target, "manifest.json")),
    emptied: (target) => Deno.writeTextFile(join(target, "manifest.json"), "[]"),
    ...(isRoot ? { owner: (target) => Deno.chown(join(target, "bin/initdb"), STRANGER, STRANGER) } : {}),
  };
  for (const [name, change] of Object.entries(changes)) {
    await inDirectory(async (directory) => {
      const { native, target } = await unpacked(directory);
      assert(await isIntact(target), name);
      await change(target);
      assert(!await isIntact(target), name);
      await unpack(native, target);
      assert(await isIntact(target), name);
      for (const file of ["bin/initdb", "bin/postgres", "lib/libpq.so"]) {
        assertEquals(await Deno.readTextFile(join(target, file)), `the real ${file}`);
      }
      assertEquals((await Array.fromAsync(Deno.readDir(join(directory, "data")))).length, 1);
    });
  }
});

Deno.test("a copy that differs from its source is not taken", async () => {
  await inDirectory(async (directory) => {
    const { native, target } = await unpacked(directory);
    await Deno.writeTextFile(join(target, "bin/initdb"), "the fake bin/initdb");
    const { message } = await assertRejects(() => writeManifest(native, target), EmbeddedError);
    assert(message.includes("bin/initdb differs from its source"), message);
  });
});
