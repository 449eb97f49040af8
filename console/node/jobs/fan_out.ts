/** The fan-out of a node: what of events others may see, and its place beside the processors. @module */
import { NOT_SHOWN } from "../../../actors/application.ts";
import type { Observer } from "../../../actors/observer.ts";
import { superviseJob } from "../../../actors/supervision/background_job.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { FannedOutEvent, FanOutOptions } from "../../../backends/fan_out.ts";
import { endsWithin } from "../../../backends/primitives/concurrency.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { allEventTypes, isEventType } from "../../../schema/events.ts";
import { withoutPersonalData } from "../../cli/case_timeline.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import type { StartValues } from "../start_options.ts";

type FanOutValues = Pick<StartValues, "backend" | "fan-out" | "fan-out-personal">;

/** What `--fan-out` and `--fan-out-personal` come to; undefined where nothing is copied. Throws UsageError. */
export function fanOutOf(values: FanOutValues): FanOutOptions | undefined {
  const { backend, "fan-out": wanted, "fan-out-personal": isPersonal } = values;
  if (backend !== "nats" || wanted === "off") return undefined;
  return {
    types: wanted?.split(",").map((name) => typeOf(name.trim(), wanted)),
    withhold: isPersonal ? undefined : withoutPersonalFields,
  };
}

/** `decision` is `case.decision`, as in the subjects. */
function typeOf(name: string, given: string): string {
  const type = [name, `case.${name}`].find(isEventType);
  if (type !== undefined) return type;
  const known = allEventTypes.map((each) => each.replace("case.", "")).join(", ");
  throw new UsageError(
    `Cannot use --fan-out ${given}: there is no type ${name}; give off, or some of ${known}`,
  );
}

/** What people may see of an event, without what they see masked: the BSN. A case id that may be one stays masked. */
function withoutPersonalFields({ type, caseId, data }: FannedOutEvent): FannedOutEvent {
  const { citizen_bsn: _, ...others } = data;
  const shown = withoutNotShown(withoutPersonalData(type, others)) as Record<string, unknown>;
  const masked = typeof shown.case_id === "string" ? { case_id: maskCaseId(shown.case_id) } : {};
  return { type, caseId: maskCaseId(caseId), data: { ...shown, ...masked } };
}

/** What people see as withheld is left out for programs. */
function withoutNotShown(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => each !== NOT_SHOWN).map(withoutNotShown);
  if (typeof value !== "object" || value === null || JSON.isRawJSON(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== NOT_SHOWN);
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutNotShown(inner)]));
}

/** The fan-out of a node at work. */
interface RunningFanOut {
  /** Ends what is under way, for which it waits no longer than this. */
  stop(deadlineMs: number): Promise<void>;
}

/** Starts it as soon as the store is open, where the store was asked to have one. */
export function startFanOut(opening: Promise<Backend>, observer: Observer): RunningFanOut {
  // A store that can't be opened is reported by whoever opens it.
  const opened = opening.then(({ fanOut }) => fanOut, () => undefined);
  const supervisor = superviseJob({
    id: "fan-out",
    run: async (signal) => {
      await (await opened)?.run(signal);
    },
    onCrash: (reason) => observer.processorRestarted?.({ processor: "fan-out", reason }),
  });
  return {
    async stop(deadlineMs) {
      supervisor.stop();
      await endsWithin(supervisor.ended, deadlineMs);
    },
  };
}
