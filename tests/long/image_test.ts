/**
 * The images, built from the Containerfile, unpacked, and run read-only as the user they name. Debian's own image can't be
 * pulled everywhere: in its place stand the packages it is made of.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deployPath } from "../support/deploy/deploy_files.ts";
import { ImageStore, runInImage, whyNoImages } from "../support/deploy/image_tools.ts";
import { runTool } from "../support/deploy/tools.ts";
import { testsRequiring } from "../support/requires.ts";
import { OtlpReceiver } from "../support/servers/otlp_receiver.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const noRuntime = (Deno.env.get("DENORT_BIN") ?? "") === ""
  ? "DENORT_BIN names no runtime to compile with"
  : undefined;
const imageTest = testsRequiring(noRuntime ?? await whyNoImages(), true);
/** A Deno of the version of DENORT_BIN. */
const compiler = Deno.env.get("COMPILING_DENO") || Deno.execPath();

/** A context with what the Containerfile takes, made as the page says. */
async function contextOf(store: ImageStore, ...slim: readonly string[]): Promise<string> {
  const context = join(store.root, "context");
  await Deno.mkdir(join(context, "deploy"), { recursive: true });
  assert((await runTool("cp", ["-r", deployPath("image"), join(context, "deploy")])).success);
  const program = join(context, "dist", slim.length > 0 ? "zaakstroom-slim" : "zaakstroom");
  for (
    const task of [["compile", "--output", program, ...slim], ["sbom", "--output", join(context, "dist")]]
  ) {
    const deno = task[0] === "compile" ? compiler : Deno.execPath();
    const { success, err } = await runTool(deno, ["task", "--quiet", ...task], { cwd: root });
    assert(success, err);
  }
  return context;
}

async function build(store: ImageStore, target: string, ...slim: readonly string[]) {
  const [base, context] = [await store.buildBase(), await contextOf(store, ...slim)];
  const tag = `localhost/${target}:1`;
  const args = ["--target", target, "--build-arg", `BASE=${base}`];
  await store.build(tag, deployPath("Containerfile"), context, ...args);
  return await store.unpack(tag);
}

const RUN = ["/zaakstroom", "start", "--count", "50", "--until-idle", "--port", "0", "--json"];

/** The last line of what a run printed. */
function ledgerOf(
  { success, out, err }: { readonly success: boolean; readonly out: string; readonly err: string },
) {
  assert(success, err);
  return JSON.parse(out.trim().split("\n").at(-1)!).ledger;
}

imageTest(
  "the slim image has the program, glibc and its bill of materials, and runs a node on a read-only root",
  async () => {
    await using store = await ImageStore.open();
    const { layout, files } = await build(store, "slim", "--slim");
    const { User, StopSignal, Entrypoint, Labels } = await store.inspect(layout);
    assertEquals([User, StopSignal, Entrypoint], ["65532:65532", "SIGTERM", ["/zaakstroom"]]);
    assertEquals(Labels["org.opencontainers.image.licenses"], "MIT");
    const { components } = JSON.parse(
      await Deno.readTextFile(join(files, "usr/share/sbom/zaakstroom-slim.cdx.json")),
    );
    assert(components.some(({ name }: { name: string }) => name === "postgres"));
    assert(!await Deno.stat(join(files, "bin")).then(() => true, () => false), "there is a shell");
    assertMatch(
      (await runInImage(files, ["/zaakstroom", "--version"])).out,
      /^zaakstroom \S+ \(Deno .*compiled\)$/m,
    );
    assert(ledgerOf(await runInImage(files, [...RUN, "--backend", "memory"])).balanced);
    await using collector = new OtlpReceiver();
    assert(ledgerOf(await runInImage(files, [...RUN, "--backend", "memory"], "", collector.env())).balanced);
    assert(collector.named("process follow_up").length > 0, "the image's node reaches a collector");
  },
);

imageTest(
  "the embedded image makes a database on its volume as the user it names, and a node runs on it",
  async () => {
    await using store = await ImageStore.open();
    const { files } = await build(store, "embedded");
    const data = await Deno.makeTempDir({ dir: store.root });
    await Deno.chown(data, 65532, 65532);
    assert(ledgerOf(await runInImage(files, [...RUN, "--data-dir", "/data/zaakstroom"], data)).balanced);
    assert((await Deno.stat(join(data, "zaakstroom/cluster/PG_VERSION"))).isFile);
  },
);
