/** A node of a simulation: the real supervisor on a memory backend, with a guardian that starts it again. @module */
import type { Observer } from "../../actors/observer.ts";
import type { SpawnWorker } from "../../actors/spawn.ts";
import { Supervisor, type SupervisorOptions } from "../../actors/supervisor.ts";
import type { Backend } from "../../backends/backend.ts";
import { createMemoryBackend } from "../../backends/memory/memory_backend.ts";
import type { MemoryStore } from "../../backends/memory/memory_store.ts";
import type { Random } from "../random.ts";
import type { Schedule, TimedFault } from "./fault.ts";
import type { History } from "./history.ts";
import type { Mutation } from "./mutation.ts";
import { type StoreClock, storeSeenBy } from "./node_store.ts";
import { type Harm, processorsOf } from "./simulated_cases.ts";
import { InFlight, linkedBackend, SimulatedLink } from "./simulated_link.ts";
import { Process, type SimulatedTime } from "./simulated_time.ts";
import { SimulatedWorker, TOO_MUCH_HEAP } from "./simulated_worker.ts";

/** What all nodes of a simulation share. */
export interface World {
  readonly schedule: Schedule;
  readonly time: SimulatedTime;
  readonly random: Random;
  readonly history: History;
  readonly store: MemoryStore;
  readonly clock: StoreClock;
  readonly harm: Omit<Harm, "end">;
  readonly mutation: Mutation;
}

/** Attempts that a delivery has. */
export const MAX_ATTEMPTS = 5;

/** Longer than it takes until a worker that died again and again is started once more. */
const STOP_WITHIN_MS = 10_000;
const START_AGAIN_MS = 35;

const supervision = {
  // Real time: the watchdog inside a worker is not simulated.
  deliveryTimeoutMs: 30_000,
  ...{ hangMs: 400, startMs: 500, stateLimit: 6, heapCeilingBytes: TOO_MUCH_HEAP - 1 },
  intensity: { restarts: 8, periodMs: 5_000 },
  policy: { maxAttempts: MAX_ATTEMPTS, backoff: { firstMs: 10, longestMs: 100 } },
};

/** One life of a node, from its start to its end. */
interface Life {
  readonly name: string;
  readonly process: Process;
  readonly link: SimulatedLink;
  readonly backend: Backend;
  readonly supervisor: Supervisor;
}

export class SimulatedNode {
  readonly #world: World;
  readonly #place: number;
  /** Faults that wait for their moment. */
  readonly #armed: TimedFault[] = [];
  readonly inFlight: InFlight[] = [];
  /** Names of its lives that ended in order: they have given back all they held. */
  readonly left = new Set<string>();
  #lives = 0;
  #cuts = 0;
  #extraMs = 0;
  #life: Life | undefined;
  /** Nobody starts it again. */
  #ended = false;

  constructor(world: World, place: number) {
    this.#world = world;
    this.#place = place;
  }

  /** False between the end of a life and the next one. */
  get lives(): boolean {
    return this.#life !== undefined;
  }

  /** Batches its present life has in hand. */
  get inHand(): number {
    return this.lives ? this.inFlight.at(-1)!.batches : 0;
  }

  start(): void {
    if (this.#ended || this.#life !== undefined) return;
    const process = new Process(`n${this.#place}.${++this.#lives}`);
    this.#world.time.after(0, process, () => this.#boot(process));
  }

  #boot(process: Process): void {
    const { name } = process;
    const { time, random, history, schedule, store, clock, mutation } = this.#world;
    const link = new SimulatedLink({
      ...{ name, time, process, random, history },
      take: (kind) => this.#take([kind]),
    });
    link.extraMs = this.#extraMs;
    for (let i = 0; i < this.#cuts; i++) link.cut();
    const gauge = new InFlight();
    this.inFlight.push(gauge);
    const { leaseMs, batchSize, batchBytes } = schedule;
    const shared = storeSeenBy(name, link.client, mutation.store?.(store) ?? store, clock, history);
    const backend = createMemoryBackend({ shared, owner: name, leaseMs, batchSize, batchBytes });
    const linked = linkedBackend(backend, link, gauge);
    const seen = mutation.backend?.(linked) ?? linked;
    const supervisor = new Supervisor(
      seen,
      this.#processors(),
      this.#observer(name),
      this.#options(process),
    );
    this.#life = { name, process, link, backend, supervisor };
    history.note(`${name} starts`);
    void this.#live(this.#life);
  }

  #processors() {
    return processorsOf({ ...this.#world.harm, end: () => never("a handler ran outside of a worker") });
  }

  #options(process: Process): SupervisorOptions {
    const { schedule: { workers, prefetch }, mutation, random } = this.#world;
    const spawn = () => this.#spawn(process);
    const hasRunawayThread = () => Promise.resolve(random.chance(0.5));
    return { ...supervision, workers, prefetch, hasRunawayThread, spawn: mutation.spawn?.(spawn) ?? spawn };
  }

  #spawn(process: Process): ReturnType<SpawnWorker> {
    const { time, random, harm, history } = this.#world;
    return new SimulatedWorker({
      ...{ time, process, random, harm },
      take: (...kinds) => this.#take(kinds),
      killNode: () => {
        if (process === this.#life?.process) this.kill();
      },
      died: () => history.knows(process.name, "exit"),
    });
  }

  async #live(life: Life): Promise<void> {
    const { supervisor, name } = life;
    const { history } = this.#world;
    try {
      await supervisor.start();
      const ending = await supervisor.ended();
      if (ending.kind === "escalated") history.note(`${name} escalates: ${ending.reason}`);
    } catch (error) {
      history.breach(`bug in ${name}: ${(error as Error)?.stack ?? error}`);
    }
    await this.stop();
  }

  /** The node ends in order. True when all it had in hand was settled. */
  async stop(): Promise<boolean> {
    const life = this.#life;
    if (life === undefined) return true;
    const inTime = await life.supervisor.stop(STOP_WITHIN_MS);
    this.#world.history.note(`${life.name} stops${inTime ? "" : " late"}`);
    if (life === this.#life) {
      // Without its store it can only leave its leases to run out.
      if (this.#cuts === 0) await life.backend.close();
      if (this.#cuts === 0) this.left.add(life.name);
      this.kill();
    }
    return inTime;
  }

  /** The node ends at once. Its guardian starts another one. */
  kill(afterMs = START_AGAIN_MS): void {
    const life = this.#life;
    if (life === undefined) return;
    const { time } = this.#world;
    time.kill(life.process);
    time.kill(life.link.client);
    this.#life = undefined;
    time.after(afterMs, time.world, () => this.start());
  }

  /** Stops for good. */
  async end(): Promise<boolean> {
    this.#ended = true;
    return await this.stop();
  }

  /** Runs something in the node, as from a signal handler. False when there is no node. */
  within(act: () => void): boolean {
    if (this.#life === undefined) return false;
    this.#world.time.after(0, this.#life.process, act);
    return true;
  }

  /** Stands still for so long; true when there was somebody to stop. */
  standStill(ms: number): boolean {
    const life = this.#life;
    if (life === undefined) return false;
    const { time } = this.#world;
    for (const process of [life.process, life.link.client]) {
      time.stop(process);
      time.after(ms, time.world, () => time.resume(process));
    }
    return true;
  }

  jump(ms: number): boolean {
    if (this.#life !== undefined) this.#life.process.clockOffset += ms;
    return this.#life !== undefined;
  }

  cut(): void {
    this.#cuts++;
    this.#life?.link.cut();
  }

  heal(): void {
    this.#cuts--;
    this.#life?.link.heal();
  }

  delay(extraMs: number): void {
    this.#extraMs = extraMs;
    if (this.#life !== undefined) this.#life.link.extraMs = extraMs;
  }

  arm(fault: TimedFault): void {
    this.#armed.push(fault);
  }

  #take<K extends TimedFault["kind"]>(kinds: K[]): Extract<TimedFault, { kind: K }> | undefined {
    const index = this.#armed.findIndex(({ kind }) => (kinds as string[]).includes(kind));
    if (index === -1) return undefined;
    const [fault] = this.#armed.splice(index, 1);
    this.#world.history.effect(fault!.kind, `n${this.#place}`);
    return fault as Extract<TimedFault, { kind: K }>;
  }

  #observer(name: string): Observer {
    const { history } = this.#world;
    const tell = (what: string) => history.tells(name, what);
    const observer: Observer = {
      settled: () => {},
      retried: ({ processor, eventId, attempt }) => tell(`retry ${processor} ${eventId} ${attempt}`),
      deadLettered: ({ processor, eventId, attempt }) =>
        tell(`deadLetter ${processor} ${eventId} ${attempt}`),
      held: ({ processor, eventId, attempt }) => tell(`held ${processor} ${eventId} ${attempt}`),
      fenced: ({ processor, partition, epoch }) => tell(`fenced ${processor} ${partition} ${epoch}`),
      workerRestarted: () => tell("exit"),
      processorRestarted: ({ processor, reason }) =>
        history.breach(`bug in ${processor} of ${name}: ${reason}`),
      backendUnavailable: () => {},
      backendAvailable: () => {},
    };
    return this.#world.mutation.observer?.(observer) ?? observer;
  }
}

function never(why: string): never {
  throw new Error(why);
}
