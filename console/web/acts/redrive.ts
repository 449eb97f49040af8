/** `POST /stuck/redrive`: offers a group of dead letters again. @module */
import type { FormAct } from "../page.ts";
import { actOnGroup, onDeadLetters } from "./on_group.ts";

export const act: FormAct = {
  path: "/stuck/redrive",
  act: "stuck.redrive",
  perform: (visit, form) =>
    actOnGroup(
      visit,
      form,
      "done.redriven",
      onDeadLetters(({ deadLetters }) => (...args) => deadLetters.redrive(...args)),
    ),
};
