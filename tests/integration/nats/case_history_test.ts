/** The events of many cases, read together: all of them, in order, however many types and however often each. @module */
import { assertEquals } from "@std/assert";
import { readCaseHistories } from "../../../backends/nats/log/case_history.ts";
import { NatsClient } from "../../../backends/nats/connection/client.ts";
import { envelopeOf } from "../../../backends/nats/stream/message.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { Subjects } from "../../../schema/nats.ts";
import { partitionOf } from "../../../schema/partition.ts";
import { anEvent } from "../../support/events.ts";
import { typesFromOutside } from "../../../schema/authority/types_from_outside.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats } from "../../support/servers/nats_server.ts";

const CASES = 70;
/** With so many types the cases of one request have more last messages than the server gives at once. */
const TYPES = 20;
/** All that a producer may send without a review. */
const types = typesFromOutside.filter((type) => !type.startsWith("case.decision"));

natsTest(
  "the stories of cases are whole, where types are many and where one comes again and again",
  async () => {
    await using server = await startNats({ syncAlways: false });
    const backend = await openNats({ url: server.url });
    const many = Array.from({ length: CASES }, (_, c) => `many-${c}`).flatMap((caseId) =>
      Array.from(
        { length: TYPES },
        (_, n) => ({ ...anEvent(caseId, n + 1), event_type: types[n % types.length]! }),
      )
    );
    const often = Array.from({ length: 30 }, (_, n) => ({
      ...anEvent("often", n + 1),
      event_type: n % 3 === 0 ? "case.intake" : "case.payment_received",
    }));
    await backend.append([...many, ...often]);
    const client = await NatsClient.open({ url: server.url });
    const subjects = new Subjects("cases");
    const source = {
      client,
      stream: "CASES",
      subjects,
      partitionOf: (id: string) => partitionOf(id, backend.partitions),
    };
    const wanted = ["often", "unknown", ...new Set(many.map((event) => event.correlation_id))];
    const histories = await readCaseHistories(source, wanted);
    for (const caseId of wanted) {
      const expected = [...many, ...often].filter((event) => event.correlation_id === caseId);
      const history = (histories.get(caseId) ?? []).map((stored) => envelopeOf(stored));
      assertEquals(history.map(({ eventId }) => eventId), expected.map(({ event_id }) => event_id), caseId);
      assertEquals(history.map(({ version }) => version), expected.map((_, i) => i + 1), caseId);
    }
    await client.close();
    await backend.close();
  },
);
