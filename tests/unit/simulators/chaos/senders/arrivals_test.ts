import { assertEquals } from "@std/assert";
import {
  type Arrival,
  faultsOfArrivals,
  firstOfEach,
} from "../../../../../simulators/chaos/senders/arrivals.ts";

const arrival = (caseId: string, version: number): Arrival => ({
  id: `${caseId}${version}`,
  caseId,
  version,
});
const known = new Set(["a1", "a2", "b1"]);

Deno.test("what arrived once and in the order of its case is without fault, whatever came in between", () => {
  const arrived = [arrival("a", 1), arrival("b", 1), arrival("a", 2)];
  assertEquals(faultsOfArrivals("file", arrived, { stored: known, known }), []);
});

Deno.test("what is lost, comes twice, out of order, or was never stored is counted, each by itself", () => {
  const arrived = [arrival("a", 2), arrival("a", 1), arrival("a", 1), arrival("c", 1)];
  assertEquals(faultsOfArrivals("file", arrived, { stored: known, known }), [
    "file: of 3 events 1 are lost",
    "file: of 3 events 1 are twice",
    "file: of 3 events 3 are out of order",
    "file: of 3 events 1 are never stored",
  ]);
});

Deno.test("what came again is nothing new to who tells it by its id", () => {
  const arrived = [arrival("a", 1), arrival("a", 1), arrival("a", 2)];
  assertEquals(firstOfEach(arrived), [arrival("a", 1), arrival("a", 2)]);
});
