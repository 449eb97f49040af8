/**
 * The Kubernetes manifests, built by kustomize, checked by Kubernetes' own schemas and by rules of our own. No pod runs
 * here, and objects of operators (PodMonitor, PrometheusRule, ScaledObject) have no schema here.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { prometheusRules, readRuleFiles } from "../../../deploy/kubernetes/prometheus_rules.ts";
import type { Option } from "../../../console/cli/options.ts";
import { startOptions } from "../../../console/node/start_options.ts";
import { DEFAULT_PARTITIONS } from "../../../schema/partition.ts";
import { deployPath, secondsOf } from "../../support/deploy/deploy_files.ts";
import {
  buildOverlay,
  type Manifest,
  OVERLAYS,
  parseManifests,
  podOf,
  type PodSpec,
  validate,
} from "../../support/deploy/manifests.ts";
import { KUBECTL, KUBERNETES_VALIDATE, testsWith } from "../../support/deploy/python_tools.ts";

const { test: kubernetesTest } = await testsWith(KUBECTL, KUBERNETES_VALIDATE);

/** The versions whose schemas there are. */
const VERSIONS = ["1.35.0", "1.36.0", "1.37.0"];
const OPERATORS = ["monitoring.coreos.com/v1", "keda.sh/v1alpha1"];

const built = new Map<string, Promise<readonly Manifest[]>>();

/** The objects of an overlay, built once. */
function manifestsOf(overlay: string, withComponents = false): Promise<readonly Manifest[]> {
  const key = `${overlay} ${withComponents}`;
  if (!built.has(key)) built.set(key, buildOverlay(overlay, withComponents).then(parseManifests));
  return built.get(key)!;
}

const podsOf = (manifests: readonly Manifest[]): readonly PodSpec[] =>
  manifests.map(podOf).filter((pod) => pod !== undefined);

const kindsOf = (manifests: readonly Manifest[]) => manifests.map(({ kind }) => kind).sort();

/** The variables of options, and those that name a file. */
function variablesOf(options: readonly Option[]): readonly string[] {
  return options.flatMap(({ env, fromFile }) =>
    env === undefined ? [] : fromFile ? [env, `${env}_FILE`] : [env]
  );
}

for (const overlay of OVERLAYS) {
  kubernetesTest(
    `${overlay}: every object is as Kubernetes' schemas have it, without an unknown field`,
    async () => {
      const manifests = (await manifestsOf(overlay, true)).filter(({ apiVersion }) =>
        !OPERATORS.includes(apiVersion)
      );
      for (const version of VERSIONS) assertEquals(await validate(manifests, version), "");
    },
  );

  kubernetesTest(`${overlay}: pods meet the restricted standard, which the namespace enforces`, async () => {
    const manifests = await manifestsOf(overlay);
    const namespace = manifests.find(({ kind }) => kind === "Namespace")!;
    assertEquals(namespace.metadata.labels!["pod-security.kubernetes.io/enforce"], "restricted");
    for (const { automountServiceAccountToken, securityContext, containers } of podsOf(manifests)) {
      assertEquals(automountServiceAccountToken, false);
      assertEquals([securityContext.runAsNonRoot, securityContext.seccompProfile.type], [
        true,
        "RuntimeDefault",
      ]);
      for (const container of containers) {
        assertEquals(container.securityContext, {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          readOnlyRootFilesystem: true,
        });
      }
    }
  });

  kubernetesTest(`${overlay}: containers are pinned, bounded in memory and not throttled`, async () => {
    for (const { containers } of podsOf(await manifestsOf(overlay))) {
      for (const { image, resources: { requests, limits } } of containers) {
        assert(/:\d+\.\d+\.\d+$/.test(image), image);
        assert(requests.cpu !== undefined && requests.memory !== undefined && limits.memory !== undefined);
        assertEquals(limits.cpu, undefined);
      }
    }
  });

  kubernetesTest(`${overlay}: only readiness asks the store, and a stop may take its time`, async () => {
    const [node] = podsOf((await manifestsOf(overlay)).filter(({ kind }) => kind !== "Job"));
    const { args, startupProbe, livenessProbe, readinessProbe } = node!.containers[0]!;
    const paths = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe!.httpGet.path);
    assertEquals(paths, ["/live", "/live", "/ready"]);
    const stopWithin = secondsOf(args[args.indexOf("--stop-within") + 1]!);
    assert(node!.terminationGracePeriodSeconds >= stopWithin + 5);
  });

  kubernetesTest(
    `${overlay}: what pods are started with are options and settings of the program`,
    async () => {
      const containers = podsOf(await manifestsOf(overlay)).flatMap((pod) => pod.containers);
      const variables = variablesOf(Object.values(startOptions));
      const given = containers.flatMap(({ env }) => env.map(({ name }) => name));
      assertEquals(given.filter((name) => !variables.includes(name)), []);
      const options = containers.flatMap(({ args }) => args.filter((arg) => arg.startsWith("--")));
      assertEquals(options.filter((option) => !Object.hasOwn(startOptions, option.slice(2))), []);
    },
  );
}

kubernetesTest("what mounts a secret is of the group that may read it", async () => {
  for (const overlay of ["postgres", "nats"]) {
    for (const { securityContext, volumes } of podsOf(await manifestsOf(overlay))) {
      assert(volumes.some(({ secret }) => secret?.defaultMode === 0o440));
      assertEquals(securityContext.fsGroup, 65532);
    }
  }
});

const SHARED = ["Namespace", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount"];

kubernetesTest(
  "nodes on a server are a deployment with a job that sets up; an embedded one is a set of one",
  async () => {
    for (const overlay of ["postgres", "nats"]) {
      assertEquals(kindsOf(await manifestsOf(overlay)), [...SHARED, "Deployment", "Job"].sort());
    }
    const embedded = await manifestsOf("embedded");
    assertEquals(kindsOf(embedded), [...SHARED, "StatefulSet"].sort());
    assertEquals(embedded.find(({ kind }) => kind === "StatefulSet")!.spec.replicas, 1);
  },
);

kubernetesTest(
  "components add what their operators need, and leave replicas to the one that scales",
  async () => {
    const manifests = await manifestsOf("postgres", true);
    const added = manifests.filter(({ apiVersion }) => OPERATORS.includes(apiVersion));
    assertEquals([...new Set(kindsOf(added))].filter((kind) => kind !== "PrometheusRule"), [
      "PodMonitor",
      "ScaledObject",
    ]);
    const scaled = added.find(({ kind }) => kind === "ScaledObject")!;
    assertEquals(scaled.spec.maxReplicaCount, DEFAULT_PARTITIONS);
    const deployment = manifests.find(({ kind }) => kind === "Deployment")!;
    assertEquals([deployment.spec.replicas, scaled.spec.scaleTargetRef.name], [
      undefined,
      deployment.metadata.name,
    ]);
  },
);

kubernetesTest(
  "the alerts for the Prometheus operator are those of deploy/monitoring (deno task deploy:rules)",
  async () => {
    const written = await Deno.readTextFile(
      deployPath("kubernetes/components/monitoring/prometheus_rules.yaml"),
    );
    assertEquals(written, prometheusRules(readRuleFiles()));
    const example = "groups:\n  - name: example\n    rules: []\n";
    const [made] = await parseManifests(prometheusRules(new Map([["alert_rules.yaml", example]])));
    assertEquals([made!.kind, made!.metadata.name], ["PrometheusRule", "zaakstroom-alert-rules"]);
    assertEquals(made!.spec, { groups: [{ name: "example", rules: [] }] });
  },
);
