/** Random histories and faults, once in passes, once delivery by delivery, and handled again: all leave the same facts. @module */
import { assert, assertEquals } from "@std/assert";
import { BatchRun } from "../../../actors/worker/batch_run.ts";
import { PassRunner } from "../../../actors/worker/pass_runner.ts";
import type { PassResult } from "../../../actors/worker/protocol.ts";
import { StateCache } from "../../../actors/worker/state_cache.ts";
import type { AnyProcessor, CaseEvent, HandlerContext } from "../../../actors/processor.ts";
import type { Failure } from "../../../backends/mailbox/mailbox.ts";
import { MemoryMailboxStore } from "../../../backends/memory/mailbox_store.ts";
import { MemoryStore } from "../../../backends/memory/memory_store.ts";
import { entryLineOf } from "../../../backends/memory/event_log.ts";
import { decodeEvent } from "../../../schema/codec.ts";
import { encodeLines, rowsOf } from "../../../schema/delivery_line.ts";
import { momentOf } from "../../../schema/time/moment.ts";
import type { EventType, WireEvent } from "../../../schema/events.ts";
import { Random } from "../../../simulators/cases/random.ts";
import { anEvent } from "../../support/events.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { fixedId } from "../../support/misbehaving/fixed_ids.ts";

const answers: Record<string, Partial<Record<EventType, readonly EventType[]>>> = {
  first: {
    "case.intake": ["case.analysis"],
    "case.payment_missed": ["case.review_requested", "case.analysis"],
  },
  second: { "case.analysis": ["case.decision", "case.withdrawn"] },
  third: {
    "case.decision": ["case.completed"],
    "case.analysis": [],
    "case.payment_received": ["case.decision"],
  },
};
const folds: Record<string, readonly EventType[]> = {
  first: ["case.completed"],
  second: ["case.intake", "case.payment_received"],
  third: ["case.intake", "case.review_requested"],
};
const OUTSIDE = [
  "case.intake",
  "case.payment_missed",
  "case.payment_received",
  "case.assistance_accepted",
] as const;

interface Seen {
  readonly count: number;
  readonly last: string;
  /** The moments of what was folded. */
  readonly moments: string;
}

/** Emits by its table, with all it was given in what it emits; sets a timer for some, and fails as an event says. */
function processorOf(name: string): AnyProcessor {
  return {
    name,
    version: 1,
    takes: Object.keys(answers[name]!) as EventType[],
    folds: folds[name]!,
    initial: (): Seen => ({ count: 0, last: "", moments: "" }),
    evolve: ({ count, last, moments }: Seen, event: CaseEvent): Seen => ({
      count: count + 1,
      last: `${last.slice(-40)} ${event.event_type.slice(5, 9)}${event.event_id.slice(-4)}`,
      moments: `${moments.slice(-75)} ${momentOf(event)}`,
    }),
    handle({ event_type, data }: CaseEvent, seen: Seen, { version, now, newId }: HandlerContext) {
      if (data.fails === name) throw new TypeError("as it was told");
      const events = answers[name]![event_type]!.map((type) => {
        const { data: body } = decodeEvent(anEvent(data.case_id, 1, type));
        const given = { fails: data.fails, seen, version, now, id: newId() };
        return { event_type: type, data: { ...body, ...given } } as never;
      });
      const at = new Date(Date.parse(now) + (1 + seen.count % 9) * DAY_MS + name.length).toISOString();
      const timers = seen.count % 3 === 0 || events.length === 0
        ? []
        : [{ kind: "set" as const, name: "deadline", at, event: events[0]! }];
      return { events, timers };
    },
  };
}

const processors = Object.keys(answers).map(processorOf);
const PARTITION = 0;

/** One store with its processors and one worker, driven by hand. */
class PassFixture {
  readonly #clock = new ManualClock();
  readonly store = new MemoryStore({ partitions: 1, clock: this.#clock });
  readonly #mailboxes = new MemoryMailboxStore(this.store);
  #caches!: Map<string, StateCache>;
  #runner!: PassRunner;
  #isLastStored = false;
  #id = 0;
  readonly outcomes = { settled: 0, behind: 0, dropped: 0 };

  constructor() {
    for (const { name, takes } of processors) this.store.leases.registerProcessor(name, takes);
    this.replaceWorker();
  }

  /** The worker dies, with all its states. */
  replaceWorker(): void {
    this.#caches = new Map(processors.map((processor) => [processor.name, new StateCache(processor, 20)]));
    this.#runner = new PassRunner(this.#caches, fixedId);
  }

  readonly #owners = processors.map(({ name: processor, takes: types }) => ({
    ...{ processor, partition: PARTITION, epoch: 0, types },
  }));

  /** Delivery by delivery: always the first event that is unread, for the first processor that takes it. */
  async runPlain(): Promise<void> {
    for (;;) {
      const fetched = await Promise.all(
        this.#owners.map((owner) => this.#mailboxes.fetch(owner, { batchSize: 1, batchBytes: 1e6 })),
      );
      const found = fetched.flatMap((each, i) =>
        each.kind === "fetched" && each.batch !== undefined
          ? [{ batch: each.batch, owner: this.#owners[i]! }]
          : []
      );
      if (found.length === 0) return;
      const { batch, owner } = found.reduce((first, each) => each.batch.to < first.batch.to ? each : first);
      const run = new BatchRun(this.#caches.get(owner.processor)!, [], PARTITION, batch.lines, fixedId);
      const { takes, folds } = run.processor;
      if (run.needs.length > 0) {
        run.addHistories(await this.#mailboxes.histories(run.needs, [...takes, ...folds]));
      }
      while (!run.isFinished) run.step();
      const { outputs, outputTypes, timers, failedAttempts } = run.result();
      const failures = failedAttempts.map(({ position, eventId, caseId, attempt, held }) => ({
        ...{ position, eventId, caseId, attempt },
        outcome: held ? { kind: "held" as const } : { kind: "deadLetter" as const, error: FAILURE },
      }));
      await this.#mailboxes.commit(owner, batch, { outputs, outputTypes, timers, failures });
    }
  }

  /** In passes, and plainly where one comes to nothing. `between`: what comes before the first of them is settled. */
  async runFused(between: readonly WireEvent[]): Promise<void> {
    for (let isFirst = true, refusals = 0;; isFirst = false) {
      const fetched = await this.#mailboxes.passes.fetchPass(this.#owners, {
        batchSize: 500,
        batchBytes: 1e6,
      });
      if (fetched.kind === "empty" && !isFirst) return;
      const { lines, parts } = fetched;
      const bounds = { deliveries: 500, outputs: 1e6 };
      const isLastStored = this.#isLastStored;
      this.#isLastStored = false;
      const result = fetched.kind === "empty" ? undefined : await this.#execute({
        ...{
          id: ++this.#id,
          partition: PARTITION,
          lines,
          members: parts,
          bounds,
          sequencer: 1,
          isLastStored,
        },
      });
      if (isFirst) this.store.append(between, "any");
      if (result === undefined) continue;
      if (result.kind === "not_fused" || refusals > 1) {
        refusals = 0;
        this.outcomes.dropped++;
        await this.runPlain();
        continue;
      }
      const { outputs, outputTypes, timers, members } = result;
      const moves = parts.map((part, i) => ({ ...part, isChained: members[i]!.isChained }))
        .filter(({ from, to, isChained }) => to > from || isChained);
      const owners = this.#owners.filter(({ processor }) =>
        moves.some((move) => move.processor === processor)
      );
      const status = await this.#mailboxes.passes.commitPass(owners, { moves, outputs, outputTypes, timers });
      if (status !== "settled" && status !== "behind") throw new Error(status);
      this.#isLastStored = status === "settled";
      refusals = status === "behind" ? refusals + 1 : 0;
      this.outcomes[status]++;
    }
  }

  async #execute(request: Parameters<PassRunner["begin"]>[0]): Promise<PassResult> {
    let lacking = this.#runner.begin(request);
    for (;;) {
      if (lacking !== undefined) {
        this.#runner.addHistories(request.id, await this.#mailboxes.histories(lacking.needs, lacking.types));
      }
      const result = this.#runner.finish(request.id, 10_000, () => {});
      if (result.kind !== "lacking") return result;
      lacking = result;
    }
  }

  /** Time goes on, and what was due by then comes. */
  async pass(ms: number): Promise<void> {
    await this.#clock.advance(ms);
    this.store.fireTimers(this.#clock.now());
  }

  /** What comes out otherwise than it is stored when a worker that knows nothing handles everything once more. */
  madeOtherwise(): string[] {
    const stored = new Set(
      this.store.log.entries.map(({ eventId, data, metadata }) => [eventId, metadata, data].join(" ")),
    );
    return processors.flatMap((processor) => this.#handleAgain(processor)).map((row) => {
      const [, eventId, , , , , metadata, data] = row.split("\t");
      return [eventId, metadata, data].join(" ");
    }).filter((made) => !stored.has(made));
  }

  #handleAgain(processor: AnyProcessor): string[] {
    const { takes, folds } = processor;
    const linesOf = (types: readonly EventType[]) =>
      this.store.log.entries.filter(({ type }) => types.includes(type as EventType))
        .map((entry) => entryLineOf(entry, 1, false));
    const lines = encodeLines(linesOf(takes));
    const run = new BatchRun(new StateCache(processor, 20), [], PARTITION, lines, fixedId);
    run.addHistories(linesOf([...takes, ...folds]).join("\n"));
    while (!run.isFinished) run.step();
    return rowsOf(run.result().outputs);
  }

  /** Everything that is stored, by case. */
  get facts() {
    const events = [...this.store.log.cases].map(([caseId, entries]) => [
      caseId,
      entries.map(({ version, eventId, type, timestamp, data, metadata }) =>
        [version, type, eventId, timestamp, data, metadata].join(" ")
      ),
    ]);
    const waiting = this.store.leases.all().flatMap(({ processor, parked }) =>
      [...parked].map((
        [caseId, each],
      ) => [processor, caseId, each.map(({ eventId, state }) => [eventId, state])])
    );
    const due = this.store.timers.takeDue(Infinity).map(({ eventId, data }) => [eventId, data].join(" "))
      .sort();
    return { events: events.sort(), waiting: waiting.sort(), due };
  }
}

const FAILURE: Failure = { class: "TypeError", message: "as it was told", at: "2026-01-01T00:00:00Z" };

const DAY_MS = 86_400_000;

/** The events of each round: what comes before it, and what comes while it runs. */
function drawRounds(random: Random): { before: WireEvent[]; between: WireEvent[] }[] {
  let n = 0;
  const draw = (): WireEvent => {
    const type = OUTSIDE[random.below(OUTSIDE.length)]!;
    const event = anEvent(`case-${random.below(5)}`, ++n, type);
    const happened = Date.parse(event.timestamp) + (random.below(120) - 100) * DAY_MS;
    const fails = random.chance(0.04) ? processors[random.below(processors.length)]!.name : undefined;
    const timestamp = new Date(happened).toISOString();
    return { ...event, timestamp, data: { ...event.data, ...(fails && { fails }) } };
  };
  const some = (most: number) => Array.from({ length: random.below(most + 1) }, draw);
  return Array.from(
    { length: 6 },
    () => ({ before: [draw(), ...some(6)], between: random.chance(0.4) ? some(2) : [] }),
  );
}

Deno.test("whatever happens, passes leave the same facts as deliveries one by one", async () => {
  const outcomes = { settled: 0, behind: 0, dropped: 0 };
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed, "fused and plain");
    const [fused, plain] = [new PassFixture(), new PassFixture()];
    for (const { before, between } of drawRounds(random)) {
      const passes = random.below(5) * DAY_MS;
      await fused.pass(passes);
      await plain.pass(passes);
      if (random.chance(0.2)) fused.replaceWorker();
      fused.store.append(before, "any");
      await fused.runFused(between);
      // What comes in the middle of a pass comes before anything that the pass makes.
      plain.store.append([...before, ...between], "any");
      await plain.runPlain();
    }
    for (const each of ["settled", "behind", "dropped"] as const) outcomes[each] += fused.outcomes[each];
    assertEquals(fused.facts, plain.facts, `seed ${seed}`);
    assertEquals(plain.madeOtherwise(), [], `seed ${seed}`);
  }
  assert(outcomes.settled > 50 && outcomes.behind > 5 && outcomes.dropped > 5, JSON.stringify(outcomes));
});
