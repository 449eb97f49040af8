import { assertEquals } from "@std/assert";
import { personalFields } from "../../../../../console/web/data/personal_fields.ts";
import { anEvent } from "../../../../support/events.ts";

Deno.test("what differs from what is shown is named by its path, and nothing else", () => {
  const contact = { name: "A. Jansen", phone: "06 1234" };
  const data = {
    ...{ case_id: "zaak-1", citizen_bsn: "123456782", debt_amount: 560.52, debt_type: "boete" },
    profile: { municipality: "Utrecht", contact },
    notes: ["mail a@example.org", "none"],
  };
  const event = { ...anEvent("zaak-1", 1), data };
  const fields = personalFields({ position: 1, version: 1, recordedAt: 0, event });
  assertEquals(fields.map(({ field, value }) => [field, value]), [
    ["citizen_bsn", "123456782"],
    ["profile.contact.name", "A. Jansen"],
    ["profile.contact.phone", "06 1234"],
    ["notes.0", "mail a@example.org"],
    ["notes.1", "none"],
  ]);
});
