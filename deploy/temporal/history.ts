/**
 * Prints the ids of the events that the workflows of cases have taken, in order: one JSON object with a list for each case.
 *
 * ```sh
 * deno run --allow-all history.ts zaak-1 zaak-2
 * ```
 * @module
 */
import { Connection } from "@temporalio/client";
import type { CaseEvent } from "./signal_request.ts";

async function signalsOf(connection: Connection, namespace: string, workflowId: string): Promise<string[]> {
  const ids: string[] = [];
  let nextPageToken: Uint8Array | null | undefined;
  do {
    const page = await connection.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId },
      ...(nextPageToken?.length ? { nextPageToken } : {}),
    });
    for (const { workflowExecutionSignaledEventAttributes: signal } of page.history?.events ?? []) {
      const data = signal?.input?.payloads?.[0]?.data;
      if (data) ids.push((JSON.parse(new TextDecoder().decode(data)) as CaseEvent).id);
    }
    nextPageToken = page.nextPageToken;
  } while (nextPageToken?.length);
  return ids;
}

const connection = await Connection.connect({
  address: Deno.env.get("TEMPORAL_ADDRESS") ?? "127.0.0.1:7233",
});
const namespace = Deno.env.get("TEMPORAL_NAMESPACE") ?? "default";
const found = await Promise.all(
  Deno.args.map(async (id) => [id, await signalsOf(connection, namespace, id)] as const),
);
console.log(JSON.stringify(Object.fromEntries(found)));
await connection.close();
