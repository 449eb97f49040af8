/** pg-boss with no-op jobs: fetched and completed in batches of 500, which is the fastest way its pages show. @module */
import { asked, Handled, payloads, printRate } from "./job_rate.ts";

const VERSION = "12.38.0";

interface Job {
  id: string;
}
interface Boss {
  on(event: "error", handler: () => void): void;
  start(): Promise<unknown>;
  createQueue(name: string): Promise<void>;
  insert(name: string, jobs: { data: unknown }[]): Promise<unknown>;
  fetch(name: string, options: { batchSize: number }): Promise<Job[]>;
  complete(name: string, ids: string[]): Promise<unknown>;
  getDb(): { executeSql(text: string): Promise<unknown> };
  stop(options: { graceful: boolean }): Promise<void>;
}

const [SIZE, AT_ONCE] = [500, 4];
const { url, count, seed } = asked();
const { PgBoss } = await import(`npm:pg-boss@${VERSION}`) as {
  PgBoss: new (options: { connectionString: string; max: number }) => Boss;
};
const boss = new PgBoss({ connectionString: url, max: 10 });
boss.on("error", () => {});
await boss.start();
const queue = `intake-${seed.replace(/[^a-z0-9]/gi, "")}`;
await boss.createQueue(queue);
const jobs = payloads(count, seed).map((data) => ({ data }));
for (let i = 0; i < jobs.length; i += 1000) await boss.insert(queue, jobs.slice(i, i + 1000));
// Statistics of before this queue was filled make the server search all jobs for each of its own: 900 a second.
await boss.getDb().executeSql("analyze");
const handled = new Handled(count);
handled.start();
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (;;) {
    const fetched = await boss.fetch(queue, { batchSize: SIZE });
    if (fetched.length === 0) return;
    await boss.complete(queue, fetched.map(({ id }) => id));
    handled.add(fetched.length);
  }
}));
await handled.done;
const per_second = handled.perSecond;
printRate({
  name: "pg-boss",
  version: VERSION,
  configured: `fetched and completed by ${SIZE}, ${AT_ONCE} at once`,
  per_second,
});
