/** What a server tells on its monitoring port only. @module */
import { BackendUnavailable } from "../../errors.ts";

/** How a server keeps its streams. */
export interface ServerSettings {
  /** Nanoseconds; 0 where it is not reported. */
  readonly syncIntervalNs: number;
  readonly syncAlways: boolean;
  readonly storeDir: string;
  /** Bytes for all accounts. */
  readonly maxStorage: number;
  readonly usedStorage: number;
}

interface Varz {
  readonly jetstream?: {
    readonly config?: Readonly<Record<string, unknown>>;
    readonly stats?: { readonly storage?: number };
  };
}

const TIMEOUT_MS = 3_000;

/** Reads `/varz`. Throws BackendUnavailable where it does not answer with what a nats-server would. */
export async function readMonitoring(url: string): Promise<ServerSettings> {
  try {
    const response = await fetch(new URL("/varz", url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { jetstream } = await response.json() as Varz;
    const config = jetstream?.config ?? {};
    return {
      syncIntervalNs: Number(config["sync_interval"] ?? 0),
      syncAlways: config["sync_always"] === true,
      storeDir: String(config["store_dir"] ?? ""),
      maxStorage: Number(config["max_storage"] ?? 0),
      usedStorage: jetstream?.stats?.storage ?? 0,
    };
  } catch (error) {
    throw new BackendUnavailable(`No nats-server answers at ${url}/varz: see its http_port`, {
      cause: error,
    });
  }
}
