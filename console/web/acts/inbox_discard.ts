/** `POST /inbox/discard`: gives a refused event up. @module */
import type { FormAct } from "../page.ts";
import { actOnRefused } from "./on_refused.ts";

export const act: FormAct = {
  path: "/inbox/discard",
  act: "inbox.discard",
  perform: (visit, form) => actOnRefused(visit, form, "discard"),
};
