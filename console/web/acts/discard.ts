/** `POST /stuck/discard`: gives a group of dead letters up. @module */
import type { FormAct } from "../page.ts";
import { actOnGroup, onDeadLetters } from "./on_group.ts";

export const act: FormAct = {
  path: "/stuck/discard",
  act: "stuck.discard",
  perform: (visit, form) =>
    actOnGroup(
      visit,
      form,
      "done.discarded",
      onDeadLetters(({ deadLetters }) => (...args) => deadLetters.discard(...args)),
    ),
};
