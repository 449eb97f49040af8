/**
 * The saga as a Temporal workflow: who misses an instalment has a term to pay it; after that a person is asked to look.
 * `reminder.ts` says the same as a workflow of Zaakstroom's own.
 * @module
 */
import { condition, defineSignal, proxyActivities, setHandler } from "@temporalio/workflow";
import type { Appended, NewEvent } from "../append.ts";
import { Inbox } from "../inbox.ts";
import type { CaseEvent } from "../signal_request.ts";

interface Activities {
  append(event: NewEvent): Promise<Appended>;
}

/** A real one says 14 days. */
const TERM = "3s";

const { append } = proxyActivities<Activities>({
  startToCloseTimeout: "15s",
  retry: { nonRetryableErrorTypes: ["AppendRefused"] },
});
const eventSignal = defineSignal<[CaseEvent]>("event");

type Outcome = "paid" | "cancelled" | "asked";

/** One case, from its first event to the end of the saga. */
export async function reminder(): Promise<Outcome> {
  const inbox = new Inbox<CaseEvent>();
  let caseId = "";
  setHandler(eventSignal, (event) => {
    caseId = event.subject;
    inbox.receive(event);
  });
  if (await nextOf(inbox, ["betaling-gemist", "zaak-ingetrokken"]) === "zaak-ingetrokken") return "cancelled";
  const inTime = await nextOf(inbox, ["betaling-ontvangen", "zaak-ingetrokken"], TERM);
  if (inTime !== undefined) return inTime === "zaak-ingetrokken" ? "cancelled" : "paid";
  return await ask(caseId, inbox);
}

/** The first of these types; what else there is of the case is passed over. Undefined when none comes within the term. */
async function nextOf(inbox: Inbox<CaseEvent>, types: readonly string[], term?: string) {
  const find = (): string | undefined => {
    for (let event = inbox.take(); event !== undefined; event = inbox.take()) {
      const type = types.find((each) => event!.type.includes(`.${each}.`));
      if (type !== undefined) return type;
    }
    return undefined;
  };
  let found: string | undefined;
  const isFound = () => (found = find()) !== undefined;
  await (term === undefined ? condition(isFound) : condition(isFound, term as "3s"));
  return found;
}

/** Asks for a person, unless something came that the workflow has not seen: then it looks at that first. */
async function ask(caseId: string, inbox: Inbox<CaseEvent>): Promise<Outcome> {
  while (true) {
    const { version } = inbox;
    const data = { reason: "Nothing was paid within the term" };
    const { outcome } = await append({
      ...{ caseId, type: "case.intervention_requested", data },
      ...{ step: "ask", expectedVersion: version },
    });
    if (outcome !== "conflict") return "asked";
    await condition(() => inbox.version > version);
    const late = await nextOf(inbox, ["betaling-ontvangen", "zaak-ingetrokken"], "0s");
    if (late !== undefined) return late === "zaak-ingetrokken" ? "cancelled" : "paid";
  }
}
