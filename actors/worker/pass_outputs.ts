/** What a pass makes, in the order of its versions, and what each processor did in it. @module */
import type { StoredTimerChange } from "../../backends/mailbox/mailbox.ts";
import { outputLine } from "../../schema/delivery_line.ts";
import type { CaseEvent } from "../../schema/events.ts";
import { LineWriter } from "../../schema/line_writer.ts";
import { alarmsIn, countAll, type Outputs } from "./outputs.ts";
import type { PassMemberResult, PassResult } from "./protocol.ts";

/** One delivery that is done. */
interface Done {
  readonly event: CaseEvent;
  readonly recordedAt: number;
  readonly isChained: boolean;
  readonly outputs: Outputs;
}

// By type, as maps: see BatchRun.
interface MemberAccount {
  isChained: boolean;
  readonly done: Map<string, number[]>;
  readonly outputTypes: Map<string, number>;
  readonly alarms: Map<string, number>;
}

export class PassOutputs {
  readonly #lines: LineWriter;
  readonly #timers = new Map<string, StoredTimerChange>();
  readonly #accounts: ReadonlyMap<string, MemberAccount>;
  /** Characters written so far. */
  characters = 0;

  /** `expected`: about how many bytes there will be. */
  constructor(expected: number, processors: readonly string[]) {
    this.#lines = new LineWriter(expected);
    this.#accounts = new Map(
      processors.map((
        name,
      ) => [name, { isChained: false, done: new Map(), outputTypes: new Map(), alarms: new Map() }]),
    );
  }

  write(row: string, version: number): void {
    this.characters += row.length;
    this.#lines.write(outputLine(row, version));
  }

  record(processor: string, { event, recordedAt, isChained, outputs }: Done): void {
    const account = this.#accounts.get(processor)!;
    account.isChained ||= isChained;
    const done = account.done.get(event.event_type);
    if (done === undefined) account.done.set(event.event_type, [recordedAt]);
    else done.push(recordedAt);
    countAll(account.outputTypes, outputs.types);
    if (outputs.alarms !== undefined) countAll(account.alarms, outputs.alarms);
    // Of several changes of one timer only the last one counts.
    for (const timer of outputs.timers) {
      this.#timers.set(`${timer.processor}\t${timer.caseId}\t${timer.name}`, timer);
    }
  }

  result(): PassResult {
    const members = [...this.#accounts].map(([processor, account]) => resultOf(processor, account));
    const types = new Map<string, number>();
    for (const { outputTypes } of this.#accounts.values()) {
      for (const [type, count] of outputTypes) types.set(type, (types.get(type) ?? 0) + count);
    }
    return {
      kind: "fused",
      outputs: this.#lines.bytes(),
      outputTypes: Object.fromEntries(types),
      timers: [...this.#timers.values()],
      members,
    };
  }
}

function resultOf(
  processor: string,
  { isChained, done, outputTypes, alarms }: MemberAccount,
): PassMemberResult {
  return {
    processor,
    isChained,
    done: Object.fromEntries([...done].map(([type, at]) => [type, Float64Array.from(at)])),
    outputTypes: Object.fromEntries(outputTypes),
    ...alarmsIn(alarms),
  };
}
