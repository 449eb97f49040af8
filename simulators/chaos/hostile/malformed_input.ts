/** Input that every way into a store must refuse, each for a reason of its own. Pure. @module */

const intake = { case_id: "hostile", citizen_bsn: "123456782", debt_amount: 12.5, debt_type: "huur" };
const envelope = { event_type: "case.intake", data: intake };

/** Events as a program hands them over. */
export const malformedEvents: readonly object[] = [
  {},
  [[intake]],
  { ...intake, case_id: "" },
  { ...intake, case_id: "a\u0000b" },
  { ...intake, case_id: "a\tb" },
  { ...intake, case_id: "x".repeat(129) },
  { ...intake, case_id: intake.citizen_bsn },
  { ...intake, citizen_bsn: "12345678" },
  { ...intake, citizen_bsn: 123456782 },
  { ...intake, debt_amount: "1.234,56" },
  { ...intake, debt_amount: -1 },
  { ...intake, debt_type: null },
  { ...intake, note: "\ud800" },
  { ...intake, note: nested(80) },
  { ...envelope, event_id: "1" },
  { ...envelope, event_id: "019b76da-1234-8678-8912-123456789012" },
  { ...envelope, timestamp: "yesterday" },
  { ...envelope, timestamp: "1970-01-01T00:00:00Z" },
  { ...envelope, timestamp: "9999-12-31T00:00:00Z" },
  { ...envelope, correlation_id: "another" },
  { ...envelope, sender: "me" },
  { ...envelope, metadata: { schema_version: 9 } },
  { ...envelope, metadata: { schema_version: "2" } },
  { ...envelope, metadata: { priority: "urgent" } },
  { event_type: "case.moved", data: intake },
  { event_type: "case.decision", data: { case_id: "hostile" } },
];

/** Texts and bytes as they arrive: the events above, and what no program hands over. */
export const malformedInputs: readonly (string | Uint8Array)[] = [
  ...malformedEvents.map((event) => JSON.stringify(event)),
  "",
  "garbage",
  "null",
  "{",
  `${JSON.stringify(intake)}${JSON.stringify(intake)}`,
  JSON.stringify(intake).replace("12.5", "1e400"),
  JSON.stringify(intake).replace("12.5", "9007199254740993"),
  JSON.stringify(intake).replace("12.5", '12.5,"debt_amount":99'),
  Uint8Array.from([...JSON.stringify({ ...intake, name: "Café" })].map((char) => char.charCodeAt(0))),
  new Uint8Array(64).fill(255),
];

function nested(levels: number): unknown {
  return levels === 0 ? [] : [nested(levels - 1)];
}
