/** The NATS server a command uses: the one of its URL, or one of this machine's own, for development. @module */
import { join } from "node:path";
import type { NatsOptions } from "../../backends/nats/setup/options.ts";
import type { BackendValues } from "./options.ts";
import { hostsOf, natsOptionsOf } from "./nats_options.ts";
import { UsageError } from "../cli/exit_codes.ts";

interface NatsServer {
  readonly options: NatsOptions;
  /** For people: where it is, without a password. */
  readonly where: string;
  /** Starts it again where that is our business. */
  restart(): Promise<void>;
  /** Ends our use of it. */
  close(): Promise<void>;
}

/** The options that name a server, without those of the store on it. */
type ServerValues = Omit<BackendValues, "partitions" | "require-durable">;

/** Finds or starts the server. Throws UsageError, EmbeddedError or BackendRefused. */
export async function openNatsServer(
  values: ServerValues,
  role: "node" | "client",
): Promise<NatsServer> {
  const { url } = values;
  if (url !== undefined) {
    const nothing = () => Promise.resolve();
    return { options: natsOptionsOf(url, values), where: hostsOf(url), restart: nothing, close: nothing };
  }
  const replicas = values.replicas ?? 1;
  if (replicas > 1) {
    throw new UsageError("Cannot use --replicas without --url: the server of this machine is one");
  }
  const { openDevelopmentServer } = await import("../../backends/nats/development/development_server.ts");
  const dataDir = values["data-dir"];
  const own = await openDevelopmentServer({ role, ...(dataDir === undefined ? {} : { dataDir }) });
  return {
    options: {
      url: own.url,
      credentials: { token: own.token },
      syncAlways: true,
      models: values["models-file"] ?? join(own.dataDir, "models.sqlite"),
    },
    where: own.dataDir,
    restart: () => own.revive(),
    close: () => own.close(),
  };
}
