import { assertEquals, assertThrows } from "@std/assert";
import {
  InvalidCandidate,
  parsePolicy,
  policyFields,
  policyFile,
} from "../../../../../actors/reasoning/candidate/policy_form.ts";
import { policy } from "../../../../../actors/reasoning/rules/policy.ts";

Deno.test("the policy in effect as a file is read back as it is", () => {
  assertEquals(parsePolicy(JSON.parse(JSON.stringify(policyFile()))), policy);
});

Deno.test("a file that names some bounds changes these, and euros are cents inside", () => {
  assertEquals(parsePolicy({ version: "2027", forgive_max: 250.5 }), { version: "2027", forgiveMax: 25_050 });
});

Deno.test("every bound of the policy has a field with what it does", () => {
  const keys = Object.keys(policy).filter((key) => key !== "version" && key !== "mandates");
  assertEquals(policyFields.map(({ key }) => key as string).sort(), keys.sort());
  for (const { key, unit, least, most } of policyFields) {
    const value = unit === "euros" ? policy[key] / 100 : policy[key];
    assertEquals(value >= least && value <= most, true, key);
  }
});

Deno.test("a bound that is unknown, of another kind or out of range is named with its rule", () => {
  const refused: [unknown, RegExp | string][] = [
    [{ forgive_max: -1 }, "forgive_max: must be euros from 0 to 100000"],
    [{ forgive_max: 1.005 }, "forgive_max: must be whole cents"],
    [{ low_confidence: 2 }, "low_confidence: must be a share from 0 to 1"],
    [{ missed_max: 1.5 }, "missed_max: must be times from 1 to 12, whole"],
    [{ forgive: 1 }, 'Unrecognized key: "forgive"'],
    [[], "Invalid input"],
  ];
  for (const [value, message] of refused) {
    assertThrows(() => parsePolicy(value), InvalidCandidate, message as string);
  }
});

const mandate = {
  name: "small fines",
  decisions: ["collect"],
  up_to: 250.5,
  given_by: "the board",
  since: "2026-01-01",
};

Deno.test("mandates of the system are read with who gave them and since when, in cents inside", () => {
  assertEquals(parsePolicy({ mandates: [mandate] }), {
    version: "candidate",
    mandates: [{
      name: "small fines",
      decisions: ["collect"],
      upTo: 25_050,
      givenBy: "the board",
      since: "2026-01-01",
    }],
  });
  assertEquals(policyFile().mandates, []);
});

Deno.test("a mandate that is not valid is named with its field", () => {
  const refused: [unknown, string][] = [
    [{}, "mandates: must be a list"],
    [
      [{ ...mandate, decisions: ["refer_assistance"] }],
      "mandates.0.decisions.0: must be one of collect, forgive",
    ],
    [[{ ...mandate, decisions: [] }], "mandates.0.decisions: must name a decision"],
    [[{ ...mandate, up_to: -1 }], "mandates.0.up_to: must be euros from 0 to 100000"],
    [[{ ...mandate, up_to: 0.001 }], "mandates.0.up_to: must be whole cents"],
    [[{ ...mandate, given_by: "" }], "mandates.0.given_by: must be a text"],
    [[{ ...mandate, since: "soon" }], "mandates.0.since: must be a day such as 2026-01-31"],
    [[{ ...mandate, name: "demonstration" }], "mandates.0.name: is that of generated cases"],
    [[mandate, mandate], "mandates: must have different names"],
  ];
  for (const [mandates, message] of refused) {
    assertThrows(() => parsePolicy({ mandates }), InvalidCandidate, message);
  }
});
