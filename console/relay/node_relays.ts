/** The relays that a node runs beside its processors. @module */
import { type SupervisedRelay, superviseRelays } from "../../actors/relay/relay_actor.ts";
import type { Observer } from "../../actors/observer.ts";
import type { Backend } from "../../backends/backend.ts";
import { endsWithin } from "../../backends/primitives/concurrency.ts";
import { UsageError } from "../cli/exit_codes.ts";
import { defaultsOf, type Values } from "../cli/options.ts";
import { openRelay } from "./open_relay.ts";
import { nameFor, relayOptions, type RelayValues, validateRelay } from "./options.ts";
import type { eventNamesOptions } from "../store/event_names.ts";

/** What `start` knows of relays. */
type NodeRelayValues =
  & { readonly relay?: readonly string[] | undefined }
  & Partial<
    Values<typeof eventNamesOptions>
  >;

/** The relays of `--relay`, each as the command `relay` would have it by its target alone. Throws UsageError. */
export function relaysOf(values: NodeRelayValues): readonly RelayValues[] {
  const { "event-source": source, oin, "event-names": names, "event-schemas": schemas } = values;
  return (values.relay ?? []).map((to) => {
    if (to === "-") throw new UsageError("Cannot use --relay -: standard output is the summary's");
    const named = { "event-source": source, oin, "event-names": names, "event-schemas": schemas };
    const relay = { ...defaultsOf(relayOptions), ...named, to };
    validateRelay(relay);
    return relay;
  });
}

/** What runs the relays of a node. */
interface RunningRelays {
  /** Ends what they send, for which it waits no longer than this. */
  stop(deadlineMs: number): Promise<void>;
}

/** Starts them as soon as the store is open. None: nothing is started. */
export function startRelays(
  opening: Promise<Backend>,
  relays: readonly RelayValues[],
  owner: string,
  { observer, log }: { readonly observer: Observer; readonly log: (line: string) => void },
): RunningRelays {
  if (relays.length === 0) return { stop: () => Promise.resolve() };
  const supervisor = superviseRelays(relays.map((values) => supervised(opening, values, owner)), {
    onUnavailable: (name, reason) => log(`The relay ${name} waits: ${reason}`),
    onStep(name, step) {
      if (step === "stopped") log(`The relay ${name} has stopped: relay status ${name} says why`);
    },
    onCrash: (reason) => observer.processorRestarted?.({ processor: "relays", reason }),
  });
  return {
    async stop(deadlineMs) {
      supervisor.stop();
      await endsWithin(supervisor.ended, deadlineMs);
    },
  };
}

function supervised(opening: Promise<Backend>, values: RelayValues, owner: string): SupervisedRelay {
  return {
    name: nameFor(values.to!),
    async open() {
      // A store that can't be opened is reported by whoever opens it.
      const backend = await opening.catch(() => undefined);
      if (backend === undefined) return undefined;
      const write = () => Promise.resolve();
      return { source: backend, options: await openRelay(values, { backend, owner, write }) };
    },
  };
}
