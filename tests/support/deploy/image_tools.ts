/** Images without a container engine: built by buildah, unpacked by umoci, run in namespaces of their own. @module */
import { join } from "node:path";
import { findDebianTool } from "./debian_tools.ts";
import { runTool } from "./tools.ts";

/** What the builders are, and what they need that a small machine lacks. */
const BUILDERS = ["buildah", "libgpgme11", "skopeo", "umoci"];
/** What of Debian's own image the Containerfile takes: glibc, and for PostgreSQL a shell and more. */
const BASE = ["libc6", "libgcc-s1", "libstdc++6", "dash"];

/** Why images can't be built here; undefined where they can. */
export async function whyNoImages(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "only root can build images, on Linux";
  const folders = await Promise.all([findDebianTool(...BUILDERS), findDebianTool(...BASE)]);
  if (folders.includes(undefined)) return `apt-get can't download ${[...BUILDERS, ...BASE].join(", ")}`;
  return (await runTool("unshare", ["--mount", "true"])).success
    ? undefined
    : "there are no mount namespaces";
}

/** A store of images in a directory of its own. */
export class ImageStore implements AsyncDisposable {
  private constructor(readonly root: string, readonly tools: string) {}

  static async open(): Promise<ImageStore> {
    const root = await Deno.makeTempDir({ prefix: "zaakstroom-image-" });
    const policy = JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] });
    await Deno.writeTextFile(join(root, "policy.json"), policy);
    return new ImageStore(root, (await findDebianTool(...BUILDERS))!);
  }

  /** Stands for Debian's image: its glibc and shell, from its packages, in the places where its image has them. */
  async buildBase(): Promise<string> {
    const context = join(this.root, "base");
    const packages = (await findDebianTool(...BASE))!;
    await Deno.mkdir(context);
    await this.#run("cp", ["-a", `${packages}/usr`, context]);
    for (const folder of ["lib", "lib64", "bin"]) {
      await Deno.mkdir(join(context, "usr", folder), { recursive: true });
      await Deno.symlink(`usr/${folder}`, join(context, folder));
      await this.#run("cp", ["-a", `${packages}/${folder}/.`, join(context, "usr", folder)]);
    }
    await Deno.writeTextFile(join(this.root, "Basefile"), "FROM scratch\nCOPY / /\n");
    await this.build("localhost/base:1", join(this.root, "Basefile"), context);
    return "localhost/base:1";
  }

  async build(tag: string, file: string, context: string, ...args: readonly string[]): Promise<void> {
    const builder = ["bud", "--isolation", "chroot", "--pull-never", "--format", "docker"];
    await this.#buildah([...builder, ...args, "--tag", tag, "--file", file, context]);
  }

  /** Writes the image as an OCI layout, and its files into a folder. Answers both. */
  async unpack(tag: string): Promise<{ readonly layout: string; readonly files: string }> {
    const name = tag.replaceAll(/\W/g, "-");
    const [layout, bundle] = [`oci:${join(this.root, name)}:1`, join(this.root, `${name}-bundle`)];
    await this.#buildah(["push", "--format", "oci", tag, layout]);
    await this.#run(join(this.tools, "usr/bin/umoci"), [
      "unpack",
      "--image",
      layout.replace("oci:", ""),
      bundle,
    ]);
    return { layout, files: join(bundle, "rootfs") };
  }

  /** The configuration of an image, as a registry would show it. */
  async inspect(layout: string): Promise<Record<string, unknown> & { Labels: Record<string, string> }> {
    return JSON.parse(await this.#run(join(this.tools, "usr/bin/skopeo"), ["inspect", "--config", layout]))
      .config;
  }

  async #buildah([verb, ...args]: readonly string[]): Promise<void> {
    const place = ["--root", join(this.root, "store"), "--runroot", join(this.root, "run")];
    const policy = ["--signature-policy", join(this.root, "policy.json")];
    const program = join(this.tools, "usr/bin/buildah");
    await this.#run(program, [...place, "--storage-driver", "vfs", verb!, ...policy, ...args]);
  }

  async #run(program: string, args: readonly string[]): Promise<string> {
    const env = { LD_LIBRARY_PATH: join(this.tools, "usr/lib/x86_64-linux-gnu") };
    const { success, out, err } = await runTool(program, args, { env });
    if (!success) throw new Error(`${program} ${args.join(" ")}: ${err}`);
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

/** Read-only but for /tmp and what is mounted, and a process tree of its own. */
const ENTER = [
  'mount --bind "$1" "$1"',
  'mount -t proc proc "$1/proc"',
  'mount --rbind /dev "$1/dev"',
  'mount -t tmpfs -o mode=1777,size=64m tmpfs "$1/tmp"',
  'if [ -n "$2" ]; then mount --bind "$2" "$1/data"; fi',
  'mount -o remount,bind,ro "$1"',
  'files=$1; shift 2; exec setpriv --no-new-privs chroot --userspec=65532:65532 "$files" "$@"',
].join(" && ");

/** Runs a program of an unpacked image as a container would: as 65532, without capabilities, on a read-only root. */
export async function runInImage(
  files: string,
  args: readonly string[],
  data = "",
  env: Readonly<Record<string, string>> = {},
) {
  for (const place of ["proc", "dev", "tmp", "data"]) {
    await Deno.mkdir(join(files, place), { recursive: true });
  }
  const namespaces = ["--mount", "--pid", "--ipc", "--fork", "--kill-child"];
  return await runTool("unshare", [...namespaces, "sh", "-c", ENTER, "sh", files, data, ...args], { env });
}
