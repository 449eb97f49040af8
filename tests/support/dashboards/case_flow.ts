/** Case flow: how cases move from intake to their end. @module */
import { type DashboardPlan, NODE, type Panel, STORE } from "./panels.ts";

/** Events that any program stores, a second, of these types. */
function events(title: string, description: string, types: readonly string[]): Panel {
  const matcher = types.map((type) => `case[.]${type}`).join("|");
  const expr =
    `max by (event_type) (rate(event_published_total{${STORE},event_type=~"${matcher}"}[$__rate_interval]))`;
  return { title, description, unit: "ops", shows: { "{{event_type}}": expr } };
}

function today(title: string, description: string, type: string): Panel {
  const expr =
    `sum(max by (backend) (increase(event_published_total{${STORE},event_type="case.${type}"}[1d])))`;
  return { title, description, unit: "short", isNumber: true, shows: { cases: expr } };
}

export const caseFlow: DashboardPlan = {
  name: "case_flow",
  title: "Zaakstroom / Case flow",
  description: "How cases move from intake to their end.",
  rows: {
    "Last 24 hours": [
      today("Intakes", "Cases that came in.", "intake"),
      today("Decisions", "Decisions that were taken.", "decision"),
      today("Reviews", "Cases that were put before a person.", "review_requested"),
      today("Plans", "Payment plans that were made.", "payment_plan_created"),
      today("Completed", "Cases that came to their end.", "completed"),
      today("Withdrawn", "Cases that were withdrawn.", "withdrawn"),
    ],
    Stages: [
      events("From intake to decision", "Each stage, a second. Lines that part are cases that wait.", [
        "intake",
        "analysis",
        "decision",
      ]),
      events("Outcomes", "What decisions led to, a second.", [
        "payment_plan_created",
        "debt_forgiven",
        "completed",
        "withdrawn",
      ]),
      events("Payments and terms", "What happens during a plan, a second.", [
        "assistance_accepted",
        "payment_received",
        "payment_missed",
        "term_expired",
      ]),
      events(
        "For people",
        "Reviews that were asked for, events that a rule refused and cases that were reopened, a second.",
        [
          "review_requested",
          "event_refused",
          "reopened",
        ],
      ),
    ],
    "In time": [
      {
        title: "p95 by event",
        description: "95 of 100 deliveries of each type take no longer, from append to settlement.",
        unit: "s",
        shows: {
          "{{event_type}}":
            `histogram_quantile(0.95, sum by (event_type, le) (rate(event_processing_duration_seconds_bucket{${NODE}}[$__rate_interval])))`,
        },
      },
      {
        title: "Timers",
        description: "Terms that run: durable timers that have not fired yet.",
        unit: "short",
        shows: { "{{backend}}": `max by (backend) (zaakstroom_timers{${STORE}})` },
      },
    ],
  },
};
