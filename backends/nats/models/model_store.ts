/**
 * Read models on JetStream: in SQLite, on the node that serves them. The server keeps nothing of them. Each node follows the log
 * for itself; those that share a file share its builds. SQLite is loaded with the first build.
 * @module
 */
import { existsSync } from "node:fs";
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import { mapConcurrently } from "../../primitives/concurrency.ts";
import type {
  LogQuery,
  ModelBuild,
  ModelChange,
  ModelShape,
  ModelStore,
  ReadableModel,
  Row,
  RowKey,
  RowQuery,
  RowWrite,
} from "../../projections.ts";
import { READS_AT_ONCE } from "../stream/direct_get.ts";
import {
  beginBuild,
  dropBuilds,
  type LastEvent,
  readBuilds,
  serveBuild,
  type StoredBuild,
} from "./builds.ts";
import type { ModelDatabase } from "./database.ts";
import { commitChanges, countDifferences, findRows, readRows } from "./rows.ts";

interface ModelLog {
  /** Names the store, so that the file of another one is known. */
  readonly store: string;
  readonly partitions: number;
  read(query: LogQuery): Promise<readonly (readonly StoredEvent[])[]>;
  /** The id of the event at a position; undefined where there is none. */
  eventIdAt(position: number): Promise<string | undefined>;
  /** Events of a partition behind a position. */
  countBehind(partition: number, position: number): Promise<number>;
}

const COUNT_UP_TO = 10_000;

export class NatsModelStore implements ModelStore {
  readonly #log: ModelLog;
  readonly #file: string | undefined;
  #opening: Promise<ModelDatabase> | undefined;
  /** The last event of a build and partition that was found in the log: a log that loses one ends the store. */
  readonly #found = new Map<string, string>();

  /** In memory, where there is no file. */
  constructor(log: ModelLog, file: string | undefined) {
    this.#log = log;
    this.#file = file;
  }

  async builds(): Promise<readonly ModelBuild[]> {
    const database = await this.#ifAny();
    if (database === undefined) return [];
    return await Promise.all(readBuilds(database).map((each) => this.#shown(each)));
  }

  async pending(): Promise<ReadonlyMap<number, number>> {
    const database = await this.#ifAny();
    const builds = database === undefined ? [] : readBuilds(database);
    const counted = builds.filter(({ state }) => state !== "previous").map(async ({ id, progress }) => {
      const counts = await mapConcurrently(
        READS_AT_ONCE,
        progress.map(({ checkpoint }, partition) => ({ checkpoint, partition })),
        async ({ checkpoint, partition }) =>
          Math.min(COUNT_UP_TO, await this.#log.countBehind(partition, checkpoint)),
      );
      return [id, counts.reduce((sum, count) => sum + count, 0)] as const;
    });
    return new Map(await Promise.all(counted));
  }

  async begin(shape: ModelShape): Promise<void> {
    beginBuild(await this.#database(), shape, this.#log.partitions);
  }

  async claim(build: number, projector: string, forMs: number): Promise<boolean> {
    const text = `update builds set projector = ?, claimed_until = ?
      where id = ? and (projector is null or projector = ? or claimed_until < ?)`;
    const now = Date.now();
    return (await this.#database()).run(text, projector, now + forMs, build, projector, now) > 0;
  }

  read(query: LogQuery): Promise<readonly (readonly StoredEvent[])[]> {
    return this.#log.read(query);
  }

  async rows(build: number, shape: ModelShape, keys: readonly RowKey[]): Promise<readonly RowWrite[]> {
    const database = await this.#database();
    return buildIn(database, build) === undefined ? [] : readRows(database, build, shape, keys);
  }

  async commit(
    build: number,
    shape: ModelShape,
    changes: readonly ModelChange[],
  ): Promise<readonly number[]> {
    const moved = commitChanges(await this.#database(), build, shape, changes);
    for (const { partition, to, lastEvent } of changes) {
      // What was read of the log a moment ago is in it.
      if (moved.includes(partition) && lastEvent !== null) {
        this.#found.set(`${build} ${partition}`, foundText(to, lastEvent));
      }
    }
    return moved;
  }

  async differences(build: number, other: number): Promise<number | null> {
    const database = await this.#database();
    const read = () => [buildIn(database, build), buildIn(database, other)] as const;
    const [a, b] = read();
    const places = placesOf(a);
    const hasMoved = () => read().some((each) => each === undefined || placesOf(each) !== places);
    if (a === undefined || b === undefined || hasMoved()) return null;
    const differing = await countDifferences(database, a, b, hasMoved);
    return hasMoved() ? null : differing;
  }

  async serve(build: number, differences: number | null): Promise<void> {
    serveBuild(await this.#database(), build, differences);
  }

  async drop(name: string, which: "all" | "unread"): Promise<number> {
    const database = await this.#ifAny();
    return database === undefined ? 0 : dropBuilds(database, name, which);
  }

  async find(model: ReadableModel, query: RowQuery): Promise<readonly Row[] | undefined> {
    const database = await this.#ifAny();
    const served = database &&
      readBuilds(database).find(({ state, shape }) =>
        state === "serving" && [shape, ...shape.views].some(({ name }) => name === model.name)
      );
    return served && findRows(database, served, model, query);
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    (await opening?.catch(() => undefined))?.close();
  }

  /** The database where it holds something already: nothing is loaded, nor made, for who only asks. */
  #ifAny(): Promise<ModelDatabase> | undefined {
    const isThere = this.#opening !== undefined || (this.#file !== undefined && existsSync(this.#file));
    return isThere ? this.#database() : undefined;
  }

  #database(): Promise<ModelDatabase> {
    this.#opening ??= import("./database.ts").then(({ ModelDatabase }) =>
      ModelDatabase.open(this.#file, this.#log.store)
    );
    return this.#opening;
  }

  async #shown({ shape: _, lastEvents, ...build }: StoredBuild): Promise<ModelBuild> {
    const there = await mapConcurrently(READS_AT_ONCE, lastEvents, (each) => this.#isThere(build.id, each));
    return { ...build, isAhead: there.includes(false) };
  }

  /** Whether the log has an event where a build says so: otherwise it was restored from an older backup, or is another one. */
  async #isThere(build: number, { partition, position, eventId }: LastEvent): Promise<boolean> {
    const [place, text] = [`${build} ${partition}`, foundText(position, eventId)];
    if (this.#found.get(place) === text) return true;
    if (await this.#log.eventIdAt(position) !== eventId) return false;
    this.#found.set(place, text);
    return true;
  }
}

function buildIn(database: ModelDatabase, id: number): StoredBuild | undefined {
  return readBuilds(database).find((build) => build.id === id);
}

function placesOf(build: StoredBuild | undefined): string | undefined {
  return build && JSON.stringify(build.progress.map(({ checkpoint }) => checkpoint));
}

function foundText(position: number, eventId: string): string {
  return `${position} ${eventId}`;
}
