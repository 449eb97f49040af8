/** By which an activity of a Temporal workflow appends an event to a case, over the HTTP API of a node. @module */

export interface ApiOptions {
  /** Such as http://127.0.0.1:8080. */
  readonly url: string;
  readonly token: string;
}

export interface NewEvent {
  readonly caseId: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** What this append is within its workflow, such as `withdraw`: with the case it makes the id of the event. */
  readonly step: string;
  /** The version the case must have: that of the last event the workflow has seen. */
  readonly expectedVersion?: number;
}

/** The API's answer. A conflict is no fault to try again: the workflow looks at what came, and decides anew. */
export type Appended =
  | { readonly outcome: "stored" | "stored_before" }
  | { readonly outcome: "conflict" };

/** The API has refused the event for good: to try it again is in vain. */
export class AppendRefused extends Error {
  override readonly name = "AppendRefused";
}

/** Appends once, however often it is called: throws where to call again helps, and AppendRefused where it does not. */
export async function appendEvent(event: NewEvent, { url, token }: ApiOptions): Promise<Appended> {
  const { caseId, type, data, step, expectedVersion } = event;
  const target = new URL("/api/v1/events", url);
  if (expectedVersion !== undefined) target.searchParams.set("expected_version", String(expectedVersion));
  const event_id = await derivedEventId(caseId, step);
  const answer = await fetch(target, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ event_id, event_type: type, data: { ...data, case_id: caseId } }),
    signal: AbortSignal.timeout(10_000),
  });
  const { status } = answer;
  if (status === 201 || status === 200) {
    await answer.body?.cancel();
    return { outcome: status === 201 ? "stored" : "stored_before" };
  }
  const detail = await answer.text();
  // The other 409 is an id under which other content is stored: nothing that comes would change that.
  if (status === 409 && detail.includes('"version_conflict"')) return { outcome: "conflict" };
  if (status >= 500 || status === 429) throw new Error(`The API answers ${status}`);
  throw new AppendRefused(`The API answers ${status}: ${detail}`);
}

/** The same UUID (of version 5) for the same step of the same case: version 8 is the runtime's own. */
export async function derivedEventId(caseId: string, step: string): Promise<string> {
  const name = new TextEncoder().encode(JSON.stringify(["zaakstroom/temporal", caseId, step]));
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-1", name)).slice(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
