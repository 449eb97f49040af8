/** The worker that runs the example: `ZAAKSTROOM_URL` and `ZAAKSTROOM_TOKEN` are of the node to append to. @module */
import { NativeConnection, Worker } from "@temporalio/worker";
import { appendEvent, type NewEvent } from "../append.ts";

const env = (name: string, otherwise: string) => Deno.env.get(name) ?? otherwise;
const api = { url: env("ZAAKSTROOM_URL", "http://127.0.0.1:8080"), token: env("ZAAKSTROOM_TOKEN", "") };

const connection = await NativeConnection.connect({ address: env("TEMPORAL_ADDRESS", "127.0.0.1:7233") });
const worker = await Worker.create({
  connection,
  namespace: env("TEMPORAL_NAMESPACE", "default"),
  taskQueue: env("TEMPORAL_TASK_QUEUE", "cases"),
  workflowsPath: decodeURIComponent(new URL("./workflow.ts", import.meta.url).pathname),
  activities: { append: (event: NewEvent) => appendEvent(event, api) },
});
await worker.run();
await connection.close();
