/** How others leave events where nodes take them in: rows of the outbox, or messages on the ingest subject. @module */
import { connect } from "@nats-io/transport-deno";
import postgres from "postgres";
import { typesFromOutside } from "../../../schema/authority/types_from_outside.ts";
import { LogSubjects } from "../../../schema/nats/log.ts";
import type { Testbed } from "../testbed/testbed.ts";

export interface InputClient extends AsyncDisposable {
  /** Leaves one. False: the server refused it, and its sender knows that. */
  send(input: string | Uint8Array): Promise<boolean>;
}

const encoder = new TextEncoder();
const TIMEOUT_MS = 15_000;

/** The producer that a subject of the ingest stream names; the outbox is written by the owner of the store. */
const PRODUCER = "chaos";

/** Connects past all proxies. */
export async function openInputClient({ reader, storeUrl, storeName }: Testbed): Promise<InputClient> {
  if (reader.name === "postgres") return openOutbox(storeUrl!);
  const act = { by: PRODUCER, why: "payments beside the intakes that anyone may send" };
  await reader.producers.change(PRODUCER, { allow: typesFromOutside }, act);
  const bare = new LogSubjects(storeName!.toLowerCase()).ingest();
  return await openIngest(storeUrl!, `${bare}.${PRODUCER}`);
}

function openOutbox(url: string): InputClient {
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  return {
    async send(input) {
      const bytes = typeof input === "string" ? encoder.encode(input) : input;
      try {
        await sql`insert into zaakstroom.outbox (event) values (convert_from(${bytes}::bytea, 'UTF8')::json)`;
        return true;
      } catch (error) {
        if (error instanceof postgres.PostgresError) return false;
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => sql.end(),
  };
}

async function openIngest(url: string, subject: string): Promise<InputClient> {
  const connection = await connect({ servers: url });
  return {
    async send(input) {
      const bytes = typeof input === "string" ? encoder.encode(input) : input;
      if (bytes.length > connection.info!.max_payload) return false;
      const answer = await connection.request(subject, bytes, { timeout: TIMEOUT_MS });
      return answer.json<{ error?: unknown }>().error === undefined;
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
