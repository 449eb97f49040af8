import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { chiSquare } from "../../../../simulators/reports/goodness_of_fit.ts";
import { jointShares } from "../../../../simulators/cases/joint_shares.ts";
import { Categorical, negativeBinomialShares, Random } from "../../../../simulators/cases/random.ts";
import { seededUuid, shuffle, testBsns } from "../../../../simulators/cases/seeded_ids.ts";

const times = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

Deno.test("streams of one seed are repeatable and differ by name", () => {
  const draw = (seed: string, stream: string) => {
    const random = new Random(seed, stream);
    return times(5, () => random.uint32());
  };
  assertEquals(draw("a", "x"), draw("a", "x"));
  assert(draw("a", "x").join() !== draw("a", "y").join() && draw("a", "x").join() !== draw("b", "x").join());
});

Deno.test("uniform numbers fill their range evenly and never reach its ends", () => {
  const random = new Random(1, "uniform");
  const counts = new Array<number>(100).fill(0);
  for (let i = 0; i < 100_000; i++) {
    const value = random.uniform();
    assert(value > 0 && value < 1);
    counts[Math.floor(value * 100)]!++;
  }
  assert(Math.abs(chiSquare(counts, counts.map(() => 1)).z) < 3.09);
});

Deno.test("normal numbers have mean 0, deviation 1 and the tails of a normal", () => {
  const random = new Random(2, "normal");
  const values = times(100_000, () => random.normal());
  assertAlmostEquals(mean(values), 0, 0.012);
  assertAlmostEquals(mean(values.map((value) => value * value)), 1, 0.02);
  assertAlmostEquals(values.filter((value) => value > 1.2816).length / values.length, 0.1, 0.004);
});

Deno.test("the negative binomial sums to one and has the mean it is given", () => {
  const shares = negativeBinomialShares({ mean: 13, k: 3, min: 0, max: 400 });
  assertAlmostEquals(shares.reduce((sum, share) => sum + share, 0), 1, 1e-12);
  assertAlmostEquals(shares.reduce((sum, share, n) => sum + n * share, 0), 13, 1e-6);
});

Deno.test("a categorical draws by weight, and never what weighs nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 40 }), fc.nat(), (some, seed) => {
      const weights = [...some, 1];
      const drawn = new Array<number>(weights.length).fill(0);
      const categorical = new Categorical(weights.map((_, i) => i), weights);
      const random = new Random(seed, "categorical");
      for (let i = 0; i < 3000; i++) drawn[categorical.draw(random)]!++;
      assert(weights.every((weight, i) => weight > 0 || drawn[i] === 0));
      if (weights.filter((weight) => weight > 0).length > 1) assert(chiSquare(drawn, weights).z < 4.3);
    }),
    { seed: 2, numRuns: 60 },
  );
});

Deno.test("a categorical refuses weights that do not match its values", () => {
  assertThrows(() => new Categorical([1, 2], [1]), RangeError, "as many weights as values");
  assertThrows(() => new Categorical([], []), RangeError, "at least one");
});

Deno.test("joint shares keep both margins and the impossible cells empty", () => {
  const table = jointShares(
    [0.2, 0.3, 0.5],
    [0.6, 0.4],
    (row, column) => Number(!(row === 0 && column === 1)),
  );
  assertEquals(table[0]![1], 0);
  [0.2, 0.3, 0.5].forEach((share, row) => assertAlmostEquals(table[row]![0]! + table[row]![1]!, share, 1e-9));
  [0.6, 0.4].forEach((share, column) =>
    assertAlmostEquals(table.reduce((sum, row) => sum + row[column]!, 0), share, 1e-9)
  );
});

Deno.test("seeded ids are UUIDs of version 7 that carry their time", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 47 }), fc.nat(), (time, seed) => {
      const id = seededUuid(time, new Random(seed, "ids"));
      assert(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id), id);
      assertEquals(parseInt(id.slice(0, 8) + id.slice(9, 13), 16), time);
    }),
    { seed: 4 },
  );
});

Deno.test("there are 9,091 test numbers, and shuffling loses none", () => {
  const numbers = testBsns();
  assertEquals(numbers.length, 9091);
  assertEquals(shuffle([...numbers], new Random(1, "shuffle")).sort(), numbers);
});
