/** A CloudEvent of a relay as a request to Temporal. Pure. @module */

/** What the bridge reads of a CloudEvent. */
export interface CaseEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  /** The version of the case with this event: 1, 2, 3, … */
  readonly caseversion: number;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

/** Which workflow a case is, and who runs it. */
export interface Destination {
  readonly namespace: string;
  readonly workflow: string;
  readonly taskQueue: string;
}

/** The signal by which a workflow gets its events. */
export const EVENT_SIGNAL = "event";

/** What a relay shows of a case id that may be a BSN. */
const MASKED = /^\*{7}\d{2}$/;

/** Says why events can't be brought; undefined when they can. Values are not named: they may be personal. */
export function faultOf(body: unknown): string | undefined {
  if (!Array.isArray(body)) return "the body must be a JSON array of CloudEvents";
  const isWhole = (event: Partial<CaseEvent> | null) =>
    typeof event?.id === "string" && typeof event.type === "string" &&
    typeof event.subject === "string" && event.subject !== "" && typeof event.caseversion === "number";
  if (!body.every(isWhole)) return "every event must have id, type, subject and caseversion";
  // A relay masks a case id that may be a BSN: several cases would be one workflow.
  return body.some(({ subject }) => MASKED.test(subject))
    ? "the subject is masked: it is no case id"
    : undefined;
}

/** The events of each case, in their order. */
export function byCase(events: readonly CaseEvent[]): readonly (readonly CaseEvent[])[] {
  return [...Map.groupBy(events, ({ subject }) => subject).values()];
}

/**
 * The request by which an event starts the workflow of its case, or reaches the one that runs. The id of the event is the id
 * of the request: Temporal drops one that it has seen. A workflow that has closed is not started anew, since it has forgotten
 * which requests it saw.
 */
export function signalRequest(event: CaseEvent, { namespace, workflow, taskQueue }: Destination) {
  return {
    namespace,
    workflowId: event.subject,
    workflowType: { name: workflow },
    taskQueue: { name: taskQueue },
    requestId: event.id,
    signalName: EVENT_SIGNAL,
    signalInput: { payloads: [jsonPayload(event)] },
    /** WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE. */
    workflowIdReusePolicy: 3,
    identity: "zaakstroom-bridge",
  };
}

function jsonPayload(value: unknown) {
  const bytes = (text: string) => new TextEncoder().encode(text);
  return { metadata: { encoding: bytes("json/plain") }, data: bytes(JSON.stringify(value)) };
}
