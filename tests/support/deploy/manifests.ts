/** The Kubernetes manifests as kustomize builds them. @module */
import { join } from "node:path";
import { deployPath } from "./deploy_files.ts";
import { findPythonTool, KUBECTL, KUBERNETES_VALIDATE } from "./python_tools.ts";
import { runTool } from "./tools.ts";

export const OVERLAYS = ["embedded", "postgres", "nats"] as const;

interface Probe {
  readonly httpGet: { readonly path: string };
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: {
    readonly requests: { readonly cpu?: string; readonly memory?: string };
    readonly limits: { readonly cpu?: string; readonly memory?: string };
  };
  readonly securityContext: object;
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

/** What the manifests have of a pod. */
export interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: {
    readonly runAsNonRoot: boolean;
    readonly fsGroup?: number;
    readonly seccompProfile: { readonly type: string };
  };
  readonly volumes: readonly { readonly secret?: { readonly defaultMode: number } }[];
  readonly containers: readonly Container[];
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  // deno-lint-ignore no-explicit-any
  readonly spec?: any;
}

/** Builds an overlay; with all of its components, those that are commented out too, where that is asked for. */
export async function buildOverlay(overlay: string, withComponents = false): Promise<string> {
  if (!withComponents) return await kustomize(deployPath(`kubernetes/overlays/${overlay}`));
  const copy = await Deno.makeTempDir({ prefix: "zaakstroom-kustomize-" });
  try {
    await runTool("cp", ["-r", deployPath("kubernetes"), copy]);
    const path = join(copy, "kubernetes/overlays", overlay);
    const file = join(path, "kustomization.yaml");
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, text.replaceAll("  # - ../../components/", "  - ../../components/"));
    return await kustomize(path);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

async function kustomize(path: string): Promise<string> {
  const program = join((await findPythonTool(KUBECTL))!, "bin", "kubectl");
  const { success, out, err } = await runTool(program, ["kustomize", path]);
  if (!success || err !== "") throw new Error(err);
  return out;
}

const TO_JSON = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";

/** The objects of a YAML text, read by the library that kubernetes-validate brings. */
export async function parseManifests(yaml: string): Promise<readonly Manifest[]> {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, yaml);
    const { success, out, err } = await runTool("python3", ["-c", TO_JSON, file], {
      env: await pythonPath(),
    });
    if (!success) throw new Error(err);
    return JSON.parse(out);
  } finally {
    await Deno.remove(file);
  }
}

/** What kubernetes-validate says against the objects of a version's schemas; empty when it is content. */
export async function validate(manifests: readonly Manifest[], version: string): Promise<string> {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    // JSON is YAML.
    await Deno.writeTextFile(file, manifests.map((each) => JSON.stringify(each)).join("\n---\n"));
    const args = ["-m", "kubernetes_validate", "-k", version, "--strict", "--quiet", file];
    const { success, out, err } = await runTool("python3", args, { env: await pythonPath() });
    return success ? "" : `${out}${err}`;
  } finally {
    await Deno.remove(file);
  }
}

async function pythonPath() {
  return { PYTHONPATH: (await findPythonTool(KUBERNETES_VALIDATE))! };
}

/** The pods that an object makes. */
export function podOf({ spec }: Manifest): PodSpec | undefined {
  return spec?.template?.spec;
}
