import { assert, assertEquals } from "@std/assert";
import { NOT_SHOWN, shownData } from "../../../../actors/texts/personal_data.ts";
import { allEventTypes } from "../../../../schema/events.ts";

const PERSONAL = ["Een Voorbeeld", "an@example.nl", "NL91ABNA0417164300", "1234 56 782", 123456782];

Deno.test("a field that nothing is known of is not shown, at any depth, of any type, whatever it holds", () => {
  for (const type of [...allEventTypes, "case.unknown", "__proto__", "constructor"]) {
    for (const value of [...PERSONAL, PERSONAL, { name: PERSONAL }, [[{ a: PERSONAL }]], true]) {
      const shown = shownData(type, { extra: value, profile: { extra: value }, toString: value });
      const text = JSON.stringify(shown);
      for (const personal of PERSONAL) assert(!text.includes(String(personal)), `${type}: ${text}`);
    }
  }
});

Deno.test("a field that is named after what every object has is not shown either, and changes nothing else", () => {
  const data = JSON.parse('{"__proto__":{"reason":"Een Voorbeeld"},"decision":"collect"}');
  assertEquals(
    JSON.stringify(shownData("case.decision", data)),
    `{"__proto__":"${NOT_SHOWN}","decision":"collect"}`,
  );
});

Deno.test("a known field that holds another kind of value than it should is not shown", () => {
  assertEquals(
    shownData("case.intake", {
      citizen_bsn: 123456782,
      debt_amount: "Een Voorbeeld",
      debt_type: { name: "Een Voorbeeld" },
      organization: 123456782,
      profile: "Een Voorbeeld",
    }),
    {
      citizen_bsn: NOT_SHOWN,
      debt_amount: NOT_SHOWN,
      debt_type: NOT_SHOWN,
      organization: NOT_SHOWN,
      profile: NOT_SHOWN,
    },
  );
});

Deno.test("known fields are shown: figures as they are, amounts too, lists and nested ones", () => {
  const amount = JSON.rawJSON("12.50");
  const data = {
    case_id: "case 7",
    decision: "payment_plan",
    debt_amount: amount,
    next_steps: ["first", "second"],
    rules: [{ id: "a", version: "1", source: "Law" }],
    reason_nl: null,
  };
  assertEquals(shownData("case.decision", data), data);
});

Deno.test("the name of an unknown field is shown without account numbers and addresses", () => {
  assertEquals(shownData("case.intake", { "an@example.nl": 1 }), { "[e-mail]": NOT_SHOWN });
});
