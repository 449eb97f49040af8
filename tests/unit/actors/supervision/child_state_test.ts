import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Exit, isRestarted, type RestartType } from "../../../../actors/supervision/restart_policy.ts";
import { affected, type Strategy } from "../../../../actors/supervision/strategy.ts";
import { type Effect, initialState, type Message, step } from "../../../../actors/supervision/child_state.ts";

const TYPES: readonly RestartType[] = ["permanent", "transient", "temporary"];
const EXITS: readonly Exit["kind"][] = ["normal", "shutdown", "failed"];
const STRATEGIES: readonly Strategy[] = ["one_for_one", "one_for_all", "rest_for_one"];

interface Played {
  readonly strategy: Strategy;
  /** The restart type of the child in the middle; the others are permanent. */
  readonly type?: RestartType;
  readonly restarts?: number;
  readonly others?: RestartType;
}

/** A supervisor of a, b and c, whose children obey: what it was asked to do is written down, in order. */
class Play {
  readonly log: string[] = [];
  readonly scheduled: Extract<Effect, { kind: "schedule" }>[] = [];
  ended: string | undefined;
  #state;
  #now = 0;

  constructor({ strategy, type = "permanent", restarts = 9, others = "permanent" }: Played) {
    const child = (id: string) => ({ id, restart: id === "b" ? type : others, stopMs: 100 });
    this.#state = initialState({
      id: "top",
      strategy,
      intensity: { restarts, periodMs: 1_000 },
      backoff: { firstMs: 100, longestMs: 400 },
      children: ["a", "b", "c"].map(child),
    });
    this.post({ kind: "begin" });
  }

  /** Posts a message, and performs all effects but scheduled ones. */
  post(message: Message): string[] {
    const from = this.log.length;
    const todo = [message];
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      const { state, effects } = step(this.#state, next, this.#now, 1);
      this.#state = state;
      for (const effect of effects) todo.push(...this.#obey(effect));
    }
    return this.log.slice(from);
  }

  #obey(effect: Effect): Message[] {
    if (effect.kind === "schedule") return (this.scheduled.push(effect), []);
    if (effect.kind === "end") return (this.ended = effect.exit.kind, []);
    this.log.push(`${effect.kind} ${effect.id}`);
    const { id } = effect;
    if (effect.kind === "start") return [{ kind: "ready", id }];
    return [{ kind: "exited", id, exit: { kind: "shutdown", reason: "asked" } }];
  }

  dies(
    id: string,
    kind: Exit["kind"] = "failed",
    more: Pick<Exit, "served" | "exempt" | "isFinal"> = {},
  ): string[] {
    return this.post({ kind: "exited", id, exit: { kind, reason: "it did", ...more } });
  }

  /** Lets every scheduled restart come due; returns what it led to. */
  wait(ms = 0): string[] {
    this.#now += ms;
    return this.scheduled.splice(0).flatMap(({ ids }) => this.post({ kind: "restart", ids }));
  }

  /** Nothing more happens by itself. */
  isSilent(): boolean {
    return this.scheduled.length === 0;
  }
}

/** What a failing child takes down with it, and what comes up again. */
const EXPECTED: Record<Strategy, { down: string[]; up: string[] }> = {
  one_for_one: { down: [], up: ["start b"] },
  one_for_all: { down: ["stop c", "stop a"], up: ["start a", "start b", "start c"] },
  rest_for_one: { down: ["stop c"], up: ["start b", "start c"] },
};

for (const strategy of STRATEGIES) {
  for (const type of TYPES) {
    for (const exit of EXITS) {
      const again = type === "permanent" || (type === "transient" && exit === "failed");
      const word = again ? "is started again" : "stays down, and no other is touched";
      Deno.test(`${strategy}: a ${type} child that ends (${exit}) ${word}; then silence`, () => {
        const play = new Play({ strategy, type });
        const { down, up } = EXPECTED[strategy];
        assertEquals(play.dies("b", exit), again ? down : []);
        assertEquals(play.wait(), again ? up : []);
        assert(play.isSilent());
        assertEquals(play.ended, undefined);
      });
    }
  }
}

Deno.test("isRestarted() and affected() are the tables of OTP", () => {
  const table = TYPES.map((type) => EXITS.map((exit) => isRestarted(type, exit)));
  assertEquals(table, [[true, true, true], [false, false, true], [false, false, false]]);
  const who = STRATEGIES.map((strategy) => affected(strategy, ["a", "b", "c"], "b").join(""));
  assertEquals(who, ["b", "abc", "bc"]);
});

Deno.test("temporary siblings that go down with a child are not started again", () => {
  const play = new Play({ strategy: "one_for_all", others: "temporary" });
  assertEquals(play.dies("b"), ["stop c", "stop a"]);
  assertEquals(play.wait(), ["start b"]);
});

for (const strategy of STRATEGIES) {
  Deno.test(`${strategy}: children start left to right and stop right to left`, () => {
    const play = new Play({ strategy });
    assertEquals(play.log.splice(0), ["start a", "start b", "start c"]);
    assertEquals(play.post({ kind: "stop" }), ["stop c", "stop b", "stop a"]);
    assertEquals(play.ended, "shutdown");
    assertEquals(play.post({ kind: "stop" }), []);
  });
}

for (
  const [strategy, waits] of [["one_for_all", true], ["rest_for_one", true], ["one_for_one", false]] as const
) {
  Deno.test(`${strategy}: a child ${waits ? "waits" : "does not wait"} for the one before it`, () => {
    const children = ["a", "b"].map((id) => ({ id, restart: "permanent" as const, stopMs: 100 }));
    const intensity = { restarts: 1, periodMs: 1_000 };
    const backoff = { firstMs: 1, longestMs: 1 };
    const begun = step(
      initialState({ id: "top", strategy, intensity, backoff, children }),
      { kind: "begin" },
      0,
      0,
    );
    assertEquals(begun.effects.length, waits ? 1 : 2);
    const up = step(begun.state, { kind: "ready", id: "a" }, 0, 0);
    assertEquals(up.effects.length, waits ? 1 : 0);
    const both = step(up.state, { kind: "ready", id: "b" }, 0, 0);
    const stopped = step(both.state, { kind: "stop" }, 0, 0);
    assertEquals(stopped.effects.length, waits ? 1 : 2);
  });
}

Deno.test("a child that fails while others wait to be started holds them up", () => {
  const children = ["a", "b"].map((id) => ({ id, restart: "permanent" as const, stopMs: 100 }));
  const plan = { id: "top", strategy: "rest_for_one" as const, children };
  const limits = { intensity: { restarts: 9, periodMs: 1_000 }, backoff: { firstMs: 100, longestMs: 100 } };
  const begun = step(initialState({ ...plan, ...limits }), { kind: "begin" }, 0, 0);
  const failed = step(begun.state, { kind: "exited", id: "a", exit: { kind: "failed", reason: "x" } }, 0, 0);
  assertEquals(failed.effects, [{ kind: "schedule", ids: ["a", "b"], afterMs: 50 }]);
});

Deno.test("one restart more than allowed, and it stops the rest and fails itself", () => {
  const play = new Play({ strategy: "one_for_one", restarts: 2 });
  for (let n = 1; n <= 2; n++) assertEquals([play.dies("b"), play.wait(100)], [[], ["start b"]]);
  assertEquals(play.dies("b"), ["stop c", "stop a"]);
  assertEquals([play.ended, play.isSilent()], ["failed", true]);
});

Deno.test("what no restart can help stops the rest at once, however many restarts are left", () => {
  const play = new Play({ strategy: "one_for_one", restarts: 9 });
  assertEquals(play.dies("b", "failed", { isFinal: true }), ["stop c", "stop a"]);
  assertEquals([play.ended, play.isSilent()], ["failed", true]);
});

Deno.test("restarts that are spread out are no reason to give up", () => {
  const play = new Play({ strategy: "one_for_one", restarts: 2 });
  for (let n = 1; n <= 20; n++) {
    play.dies("b");
    assertEquals(play.wait(600), ["start b"]);
  }
});

Deno.test("an excused exit is not counted, and still is restarted", () => {
  const play = new Play({ strategy: "one_for_one", restarts: 0 });
  for (let n = 1; n <= 20; n++) {
    assertEquals(play.dies("b", "failed", { exempt: true }), []);
    assertEquals(play.wait(), ["start b"]);
  }
  play.dies("b");
  assertEquals(play.ended, "failed");
});

Deno.test("the wait doubles with each failure in a row, and begins anew with a child that had served", () => {
  const play = new Play({ strategy: "one_for_one", restarts: 99 });
  const waits = [false, false, false, false, true, false].map((served) => {
    play.dies("b", "failed", { served });
    const [{ afterMs } = { afterMs: -1 }] = play.scheduled;
    play.wait();
    return afterMs;
  });
  assertEquals(waits, [100, 200, 400, 400, 100, 200]);
  play.dies("b", "normal");
  assertEquals(play.scheduled[0]!.afterMs, 0, "what was done in order is followed at once");
});

Deno.test("a sibling that dies while it is asked to stop comes back with the others, once", () => {
  const play = new Play({ strategy: "one_for_all" });
  play.dies("b");
  play.dies("c");
  assertEquals(play.wait(), ["start a", "start b", "start c"]);
  assert(play.isSilent());
});

Deno.test("who is asked to stop while a restart is waited for does not start it", () => {
  const play = new Play({ strategy: "one_for_one" });
  play.dies("b");
  assertEquals(play.post({ kind: "stop" }), ["stop c", "stop a"]);
  assertEquals([play.wait(), play.ended], [[], "shutdown"]);
});

Deno.test("whatever dies in whatever order, afterwards all permanent children run, or it has given up", () => {
  const deaths = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom(...EXITS), fc.boolean()));
  fc.assert(fc.property(fc.constantFrom(...STRATEGIES), deaths, (strategy, list) => {
    const play = new Play({ strategy, restarts: 5 });
    const running = () => {
      const up = new Set<string>();
      for (const line of play.log) {
        const [act, id] = line.split(" ") as [string, string];
        if (act === "start") up.add(id);
        else up.delete(id);
      }
      return up.size;
    };
    for (const [id, exit, pause] of list) {
      play.log.push(`died ${id}`);
      play.dies(id, exit);
      if (pause) play.wait(50);
    }
    play.wait();
    return play.ended === undefined ? running() === 3 : running() === 0;
  }));
});
