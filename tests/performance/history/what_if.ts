/**
 * Prints how fast `what-if` decides, from lines in memory: what reading the store takes comes on top. Asserts nothing.
 * `deno run --allow-all tests/performance/history/what_if.ts [--cases 4000] [--times 4] [--workers 2]`
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import type { EventStore } from "../../../backends/event_store.ts";
import { compareHistory } from "../../../simulators/what_if/compare_history.ts";
import { recordedLines } from "../../support/what_if/recorded_history.ts";

const { cases, times, workers } = parseArgs(Deno.args, { default: { cases: 4_000, times: 4, workers: 2 } });
const AT_ONCE = 5_000;

/** The same history again and again, as the cases of others. */
function storeOf(lines: readonly string[]): EventStore {
  return {
    async *readLines() {
      for (let time = 0; time < times; time++) {
        // Case ids begin with the time of their case, in hexadecimal digits: another first digit makes another case.
        const others = lines.map((line) =>
          line.replaceAll(/\b0(?=[0-9a-f]{7}-[0-9a-f]{4}-7)/g, `${time + 1}`)
        );
        for (let at = 0; at < others.length; at += AT_ONCE) {
          yield await Promise.resolve(others.slice(at, at + AT_ONCE));
        }
      }
    },
  } as unknown as EventStore;
}

if (import.meta.main) {
  const store = storeOf(recordedLines({ seed: "bench", count: cases, lived: true }));
  const signal = new AbortController().signal;
  const candidates = { "nothing changed": {}, "another capacity": { policy: { capacityShare: 0.8 } } };
  for (const mode of ["decisions", "whole"] as const) {
    for (const [name, candidate] of Object.entries(candidates)) {
      const began = performance.now();
      const { figures } = await compareHistory(store, {
        candidate,
        mode,
        seed: "s",
        sample: 1,
        workers,
        signal,
      });
      const perMinute = (count: number) =>
        Math.round(count / (performance.now() - began) * 60_000).toLocaleString("en");
      // deno-lint-ignore no-console
      console.log(
        `${mode}, ${name}: ${figures.events} events, ${figures.cases} cases, ${figures.differences} differences; ` +
          `${perMinute(figures.points)} decision points and ${perMinute(figures.cases)} cases a minute`,
      );
    }
  }
}
