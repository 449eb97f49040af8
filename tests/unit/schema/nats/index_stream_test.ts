import { assertEquals } from "@std/assert";
import { indexStream, IndexSubjects } from "../../../../schema/nats/index_stream.ts";

const SHAPE = {
  stream: "STORE",
  prefix: "store",
  partitions: 16,
  replicas: 3,
  leaseMs: 10_000,
  maxPayload: 1_048_576,
  ingestBytes: -1,
};

Deno.test("the stream of the index is as durable as the log, takes rollups and can be purged by subject", () => {
  const { name, subjects, storage, num_replicas, allow_rollup_hdrs, deny_purge, allow_direct } = indexStream(
    SHAPE,
  );
  assertEquals([name, subjects], ["STORE_index", ["store-index.>"]]);
  assertEquals([storage, num_replicas, allow_rollup_hdrs, deny_purge, allow_direct], [
    "file",
    3,
    true,
    false,
    true,
  ]);
});

Deno.test("manifests, runs and filters have subjects by partition, and all of a run has one filter", () => {
  const subjects = new IndexSubjects("store");
  assertEquals(subjects.manifest(3), "store-index.manifest.3");
  assertEquals(subjects.run("run", 3, "ab"), "store-index.run.3.ab");
  assertEquals(subjects.run("bloom", 3, "ab"), "store-index.bloom.3.ab");
  assertEquals(subjects.runs(3, "ab"), "store-index.*.3.ab");
  assertEquals(subjects.runs(3), "store-index.*.3.*");
});
