import { assert, assertEquals } from "@std/assert";
import { shownRefused } from "../../../../console/cli/refused_text.ts";

const secret = {
  name: "Een Voorbeeld",
  account: "NL91ABNA0417164300",
  bsn: "12345678",
  mail: "an@example.nl",
};

Deno.test("of a refused event the known fields are shown, of an envelope and of the bare data of an intake", () => {
  const data = { case_id: "7", citizen_bsn: "123456782", debt_amount: -1, debt_type: "huur", ...secret };
  const shown = {
    citizen_bsn: "*******82",
    debt_amount: -1,
    debt_type: "huur",
    name: "not shown",
    account: "not shown",
    bsn: "not shown",
    mail: "not shown",
    case_id: "7",
  };
  assertEquals(JSON.parse(shownRefused(JSON.stringify(data))), shown);
  const envelope = {
    event_type: "case.intake",
    correlation_id: "123456782",
    timestamp: "Een Voorbeeld",
    data,
  };
  assertEquals(JSON.parse(shownRefused(JSON.stringify({ ...envelope, citizen: secret }))), {
    event_type: "case.intake",
    timestamp: "not shown",
    correlation_id: "*******82",
    citizen: "not shown",
    data: shown,
  });
});

Deno.test("of what is no JSON object only the length is shown, and of odd ones nothing personal", () => {
  assertEquals(shownRefused("Een Voorbeeld"), "not shown: 13 characters that are no JSON object");
  const { name } = secret;
  for (
    const value of [[secret], secret, { data: secret }, { event_type: name, data: secret }, { data: [name] }]
  ) {
    const shown = shownRefused(JSON.stringify(value));
    for (const part of Object.values(secret)) assert(!shown.includes(part), shown);
  }
});
