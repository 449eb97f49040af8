/** What a reaction is, and what draws it: random numbers of one event's own, and the shares by which cases end. @module */
import type { EventType, WireEvent } from "../../schema/events.ts";
import { reproducibleRootId } from "../../schema/ids.ts";
import { Random } from "../cases/random.ts";
import { outcomeShares } from "../training/synthetic_outcomes.ts";

/** An event that a citizen or caseworker will cause. */
export interface CitizenReaction {
  /** Simulated time, ISO; also the event's own. */
  readonly at: string;
  readonly event: WireEvent;
}

type Outcome = "resolved" | "withdrawn" | "escalated";

/**
 * Builds the reactions to one event. Their ids derive from the event and the name of the reaction, never from the seed: a
 * run that continues with another seed cannot make the same thing happen twice.
 */
export class CitizenLife {
  readonly random: Random;
  /** The time of the event, in milliseconds. */
  readonly start: number;

  constructor(readonly cause: WireEvent, seed: string | number) {
    this.random = new Random(seed, `citizen/${cause.event_id}`);
    this.start = Date.parse(cause.timestamp);
  }

  /** How the case will end, by the shares for a decision. */
  outcome(decision: keyof typeof outcomeShares & ("payment_plan" | "refer_assistance" | "collect")): Outcome {
    const { resolved, withdrawn } = outcomeShares[decision];
    const drawn = this.random.uniform();
    if (drawn < resolved) return "resolved";
    return drawn < resolved + withdrawn ? "withdrawn" : "escalated";
  }

  /** A moment between two, in whole milliseconds. */
  between(from: number, until: number): number {
    return Math.floor(from + this.random.uniform() * Math.max(0, until - from));
  }

  /** @param name distinguishes it from the other reactions to the same event */
  reaction(
    name: string,
    time: number,
    type: EventType,
    data: Record<string, unknown>,
    by = "citizen",
  ): CitizenReaction {
    const at = new Date(time).toISOString();
    const event: WireEvent = {
      event_id: reproducibleRootId(this.start, this.cause.event_id, "citizen", name),
      event_type: type,
      timestamp: at,
      correlation_id: this.cause.correlation_id,
      data: { case_id: this.cause.correlation_id, ...data },
      metadata: { schema_version: 1, source: `simulator/${by}` },
    };
    return { at, event };
  }

  withdrawal(time: number): CitizenReaction {
    return this.reaction("withdrawn", time, "case.withdrawn", {
      reason: "Simulated: withdrawn by the citizen",
    });
  }

  payment(name: string | number, time: number, amount: number): CitizenReaction {
    const data = { amount, reference: `simulated payment ${name}` };
    return this.reaction(`payment/${name}`, time, "case.payment_received", data);
  }

  acceptance(stage: "first_meeting" | "plan" | "plan_paid", time: number): CitizenReaction {
    return this.reaction(`accepted/${stage}`, time, "case.assistance_accepted", { stage });
  }

  /** The municipality ends its assistance without a plan that was paid. */
  endOfAssistance(time: number): CitizenReaction {
    const data = {
      outcome: "escalated",
      duration_seconds: Math.round((time - this.start) / 1000),
      total_savings: 0,
      reason: "Simulated: debt assistance ended without a plan",
    };
    return this.reaction("assistance/ended", time, "case.completed", data, "caseworker");
  }
}
