/** Everything a careless or malicious producer does to one node, and what it must not come to. @module */
import { EventPublisher } from "../../../backends/publishers.ts";
import type { RejectedEvent } from "../../../backends/dead_letters.ts";
import { EventIdConflict, NotAllowed } from "../../../backends/errors.ts";
import { InvalidEvent } from "../../../schema/codec.ts";
import { isDerivedId } from "../../../schema/ids.ts";
import type { WireEvent } from "../../../schema/events.ts";
import type { Testbed } from "../testbed/testbed.ts";
import { type InputClient, openInputClient } from "./input_client.ts";
import { malformedEvents, malformedInputs } from "./malformed_input.ts";
import { Probe } from "./probe.ts";
import { openSlowClients } from "./slow_clients.ts";
import { pollUntil } from "../../faults/fault.ts";

/** How often each malformed input is sent. */
const ROUNDS = 5;
/** Valid cases sent at once, a quarter of them as large as a batch of a chaos node may be. */
const CASES = 80;
const LARGE = 150_000;
/** Invalid ones, in bytes: kept whole, or refused to their sender. */
const OVERSIZED: readonly number[] = [500_000, 900_000, 1_048_000, 2_000_000];
const UNREADABLE = 3;
const SLOW_CLIENTS = 300;

export class HostileRun {
  /** What went wrong, in words. */
  readonly problems: string[] = [];
  /** Inputs that are to be found in the inbox. */
  #refused = 0;
  /** Inputs that the server itself refused. */
  #turnedBack = 0;
  #probe: Probe | undefined;
  #peakMb: number | undefined;

  get slowestProbeMs(): number | undefined {
    return this.#probe?.slowestMs;
  }

  get peakMemoryMb(): number | undefined {
    return this.#peakMb;
  }

  async play(testbed: Testbed, signal: AbortSignal): Promise<void> {
    const node = testbed.nodes[0]!;
    await using client = await openInputClient(testbed);
    const url = node.statusUrl!;
    const probe = this.#probe = new Probe(url);
    try {
      await pollUntil(() => probe.answers > 0, signal);
      using _clients = await openSlowClients(url, SLOW_CLIENTS);
      await Promise.all([this.#fill(client, testbed), this.#publish(testbed), storeUnreadable(testbed)]);
      await pollUntil(() => probe.refused >= this.#refused, signal);
    } finally {
      probe.stop();
      this.#peakMb = await node.peakMemoryMb();
    }
    await this.#checkInbox(testbed, signal);
  }

  async #fill(client: InputClient, testbed: Testbed): Promise<void> {
    const victim = await this.#sendCases(client, testbed);
    for (let round = 0; round < ROUNDS; round++) {
      for (const input of malformedInputs) await this.#sendInvalid(client, input);
    }
    for (const bytes of OVERSIZED) await this.#sendInvalid(client, oversized(victim, bytes));
    await this.#sendInvalid(client, JSON.stringify(squatted(victim)));
  }

  /** Valid cases, which are to be worked off as any other; returns the first event of the first one. */
  async #sendCases(client: InputClient, { producer }: Testbed): Promise<WireEvent> {
    const cases = Array.from({ length: CASES }, () => producer.takeCase());
    for (const [i, events] of cases.entries()) {
      if (i % 4 === 0) events[0] = { ...events[0]!, data: { ...events[0]!.data, note: "x".repeat(LARGE) } };
      for (const event of events) {
        if (await client.send(JSON.stringify(event))) producer.accepted.push(event.event_id);
        else this.problems.push(`a valid event was refused to its sender: ${event.event_id}`);
      }
    }
    return cases[0]![0]!;
  }

  async #sendInvalid(client: InputClient, input: string | Uint8Array): Promise<void> {
    if (await client.send(input)) this.#refused++;
    else this.#turnedBack++;
  }

  /** The library's publishers refuse them before anything is stored. */
  async #publish({ reader, producer }: Testbed): Promise<void> {
    const publisher = new EventPublisher(() => Promise.resolve(reader));
    for (const event of malformedEvents) {
      const isForged = isDerivedId(String((event as { event_id?: unknown }).event_id));
      await this.#expectRefusal(() => publisher.publish({ ...event }), isForged ? NotAllowed : InvalidEvent);
    }
    const event = asSent(producer.takeCase()[0]!);
    await publisher.publish({ ...event });
    producer.accepted.push(event.event_id);
    await this.#expectRefusal(() => publisher.publish({ ...squatted(event) }), EventIdConflict);
  }

  async #expectRefusal(
    publish: () => Promise<unknown>,
    expected: typeof InvalidEvent | typeof NotAllowed | typeof EventIdConflict,
  ): Promise<void> {
    try {
      await publish();
      this.problems.push("a publisher stored what it must refuse");
    } catch (error) {
      if (!(error instanceof expected)) this.problems.push(`a publisher failed otherwise: ${error}`);
    }
  }

  async #checkInbox({ reader }: Testbed, signal: AbortSignal): Promise<void> {
    let kept: readonly RejectedEvent[] = [];
    const isWhole = async () => (kept = await reader.inbox!.list(2 * this.#refused)).length === this.#refused;
    // A node that lost an answer may put some there again while they are listed.
    await pollUntil(isWhole, signal);
    if (kept.length !== this.#refused) {
      this.problems.push(`${this.#refused} inputs are to be in the inbox, and ${kept.length} are`);
    }
    const longest = Math.max(0, ...kept.map(({ text }) => text.length));
    if (longest < OVERSIZED[1]!) this.problems.push(`the inbox cuts texts short, at ${longest} characters`);
    if (this.#probe!.unanswered > 0) this.problems.push(`${this.#probe!.unanswered} probes had no answer`);
  }

  /** In words; undefined when nothing was refused. */
  get proof(): string | undefined {
    if (this.#refused === 0) return undefined;
    const memory = this.#peakMb === undefined ? "" : `, ${Math.round(this.#peakMb)} MB at most`;
    return `${this.#refused} inputs in the inbox, ${this.#turnedBack} refused to their sender, ` +
      `${this.#probe!.answers} probes answered${memory}`;
  }
}

/** As JSON has it: amounts are numbers. */
function asSent(event: WireEvent): WireEvent {
  return JSON.parse(JSON.stringify(event));
}

/** The same id with other content. */
function squatted(event: WireEvent): WireEvent {
  return { ...event, data: { ...event.data, debt_amount: 1 } };
}

/** An intake of so many bytes with a mistake in it. */
function oversized(event: WireEvent, bytes: number): string {
  const data = { ...event.data, case_id: "oversized", citizen_bsn: "12345678", note: "" };
  const text = JSON.stringify({ event_type: "case.intake", data });
  return text.replace('"note":""', `"note":"${"x".repeat(bytes - text.length)}"`);
}

/** Puts events into the log that their schema refuses, as a program with rights on the store can. */
function storeUnreadable({ producer }: Testbed): void {
  for (let n = 0; n < UNREADABLE; n++) {
    const [event] = producer.takeCase();
    producer.poison.push({ eventId: event!.event_id, error: "InvalidEvent" });
    producer.append([{ ...event!, data: { ...event!.data, debt_amount: "much" } }]);
  }
}
