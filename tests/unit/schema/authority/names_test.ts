/** Who may be named as the one who acts. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { actorNameFault } from "../../../../schema/authority/names.ts";

Deno.test("people and services act under their names, of any script", () => {
  for (const name of ["j.jansen", "Caseworker 7", "Zoë van 't Hek", "河野", "team-noord@gemeente.example"]) {
    assertEquals(actorNameFault(name), undefined, name);
  }
});

Deno.test("nobody acts as the runtime, however it is written", () => {
  for (const name of ["system", "System", " SYSTEM ", "anyone", "simulator"]) {
    assertMatch(actorNameFault(name)!, /the runtime's own/, name);
  }
});

Deno.test("a name holds nothing that a terminal or a line would obey", () => {
  for (const name of ["", " ", "j.jansen\u001b[31m\nroot", "a\tb", "a\u202eb", "\ud800", "x".repeat(201)]) {
    assertMatch(actorNameFault(name)!, /printable/, JSON.stringify(name));
  }
});
