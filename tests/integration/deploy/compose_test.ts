/**
 * The compose file, by docker-compose's own parser, and by rules of our own. No container runs here: what the images do
 * with it is not proven.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { deployPath, secondsOf } from "../../support/deploy/deploy_files.ts";
import { DOCKER_COMPOSE, testsWith } from "../../support/deploy/python_tools.ts";
import { runTool } from "../../support/deploy/tools.ts";
import { testsWithDebian } from "../../support/deploy/debian_tools.ts";
import { startOptions } from "../../../console/node/start_options.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { findNatsServer } from "../../support/servers/nats_server.ts";

const { test: composeTest, folders: [folder] } = await testsWith(DOCKER_COMPOSE);
const SECRETS = { POSTGRES_PASSWORD: "s1", NATS_TOKEN: "s2", GRAFANA_PASSWORD: "s3" };
const ALL = ["--profile", "postgres", "--profile", "nats"];

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly user?: string;
  readonly mem_limit?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly { readonly host_ip?: string; readonly published: string }[];
  readonly volumes?: readonly {
    readonly type: string;
    readonly source: string;
    readonly read_only?: boolean;
  }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly stop_grace_period?: string;
}

async function compose(...args: readonly string[]) {
  const program = join(folder!, "bin", "docker-compose");
  return await runTool(program, ["-f", deployPath("compose.yaml"), ...args], { env: SECRETS });
}

async function servicesOf(...profiles: readonly string[]): Promise<Readonly<Record<string, Service>>> {
  const { out, err } = await compose(...profiles, "config", "--format", "json");
  if (out === "") throw new Error(err);
  return JSON.parse(out).services;
}

/** The names of services that do not meet a demand. */
function failing(
  services: Readonly<Record<string, Service>>,
  meets: (service: Service) => boolean,
): readonly string[] {
  return Object.entries(services).filter(([, service]) => !meets(service)).map(([name]) => name);
}

composeTest("docker-compose accepts the file with each profile, and says nothing", async () => {
  for (const profiles of [[], ["--profile", "postgres"], ["--profile", "nats"], ALL]) {
    const { success, out, err } = await compose(...profiles, "config", "--quiet");
    assertEquals([success, out, err], [true, "", ""]);
  }
});

composeTest("a secret that has no value is named, and no container starts without it", async () => {
  const program = join(folder!, "bin", "docker-compose");
  const { success, err } = await runTool(program, ["-f", deployPath("compose.yaml"), "config", "--quiet"], {
    env: { ...SECRETS, GRAFANA_PASSWORD: "" },
  });
  assert(!success && err.includes("GRAFANA_PASSWORD"), err);
});

composeTest("a profile brings its server and node, and monitoring is there with any", async () => {
  const monitoring = ["alertmanager", "grafana", "otel-collector", "prometheus"];
  assertEquals(Object.keys(await servicesOf()).sort(), monitoring);
  const postgres = await servicesOf("--profile", "postgres");
  assertEquals(Object.keys(postgres).sort(), [...monitoring, "node-postgres", "postgres"].sort());
  const nats = await servicesOf("--profile", "nats");
  assertEquals(Object.keys(nats).sort(), [...monitoring, "nats", "node-nats"].sort());
});

composeTest(
  "every container is read-only, without capabilities, bounded, and pinned to a version",
  async () => {
    const services = await servicesOf(...ALL);
    assertEquals(failing(services, (each) => each.read_only === true), []);
    assertEquals(failing(services, ({ cap_drop }) => cap_drop?.includes("ALL") === true), []);
    const isLocked = ({ security_opt = [] }: Service) => security_opt.includes("no-new-privileges:true");
    assertEquals(failing(services, isLocked), []);
    assertEquals(failing(services, ({ mem_limit }) => Number(mem_limit) > 0), []);
    assertEquals(failing(services, ({ image }) => /:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/.test(image)), []);
    assertEquals(failing(services, ({ user = "0:0" }) => !user.startsWith("0:")), ["nats"]);
  },
);

composeTest("every container has a health check but the collector, and is waited for by it", async () => {
  const services = await servicesOf(...ALL);
  assertEquals(failing(services, ({ healthcheck }) => healthcheck !== undefined), ["otel-collector"]);
  const waits = ({ depends_on = {} }: Service) =>
    Object.values(depends_on).every(({ condition }) => condition === "service_healthy");
  assertEquals(failing(services, waits), []);
});

composeTest("ports are open on the loopback alone, Grafana's at 3000", async () => {
  const services = await servicesOf(...ALL);
  const isLoopback = ({ ports = [] }: Service) => ports.every(({ host_ip }) => host_ip === "127.0.0.1");
  assertEquals(failing(services, isLoopback), []);
  assertEquals(services["grafana"]!.ports!.map(({ published }) => published), ["3000"]);
});

composeTest("every file that is mounted is there, and can't be written", async () => {
  const mounts = Object.values(await servicesOf(...ALL)).flatMap(({ volumes = [] }) => volumes);
  for (const { source, read_only } of mounts.filter(({ type }) => type === "bind")) {
    await Deno.stat(source);
    assertEquals([source, read_only], [source, true]);
  }
});

composeTest("a node is started with options it has, and may take its time to stop", async () => {
  const services = await servicesOf(...ALL);
  for (const name of ["node-postgres", "node-nats"]) {
    const { command = [], stop_grace_period } = services[name]!;
    const options = command.filter((word) => word.startsWith("--"));
    assertEquals(options.filter((option) => !Object.hasOwn(startOptions, option.slice(2))), []);
    const stopWithin = command[command.indexOf("--stop-within") + 1]!;
    assert(secondsOf(stop_grace_period!) >= secondsOf(stopWithin) + 5);
  }
});

composeTest("the variables of the nodes are settings that the program has", async () => {
  const services = await servicesOf(...ALL);
  const variables: readonly string[] = Object.values(startOptions).map((option) =>
    "env" in option ? option.env : ""
  );
  const given = ["node-postgres", "node-nats"].flatMap((name) => Object.keys(services[name]!.environment!));
  assertEquals(given.filter((name) => !name.startsWith("OTEL_") && !variables.includes(name)), []);
});

natsTest("nats-server accepts the configuration of the compose file", async () => {
  const args = ["-t", "--config", deployPath("compose/nats.conf")];
  const { success, err } = await runTool(await findNatsServer(), args, { env: SECRETS });
  assert(success, err);
});

const { test: prometheusTest, folder: prometheus } = await testsWithDebian("prometheus");
const { test: alertmanagerTest, folder: alertmanager } = await testsWithDebian("prometheus-alertmanager");

prometheusTest(
  "promtool accepts the configuration of Prometheus, with the rules that are mounted",
  async () => {
    const text = await Deno.readTextFile(deployPath("compose/prometheus.yml"));
    const path = await Deno.makeTempFile({ suffix: ".yml" });
    await Deno.writeTextFile(path, text.replaceAll("/etc/zaakstroom/monitoring", deployPath("monitoring")));
    const { success, out, err } = await runTool(join(prometheus, "usr/bin/promtool"), [
      "check",
      "config",
      path,
    ]);
    assert(success, out + err);
    await Deno.remove(path);
  },
);

alertmanagerTest("amtool accepts the configuration of Alertmanager", async () => {
  const args = ["check-config", deployPath("compose/alertmanager.yml")];
  const { success, out, err } = await runTool(join(alertmanager, "usr/bin/amtool"), args);
  assert(success, out + err);
});
