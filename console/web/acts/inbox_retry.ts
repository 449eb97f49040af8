/** `POST /inbox/retry`: sends a refused event in once more. @module */
import type { FormAct } from "../page.ts";
import { actOnRefused } from "./on_refused.ts";

export const act: FormAct = {
  path: "/inbox/retry",
  act: "inbox.retry",
  perform: (visit, form) => actOnRefused(visit, form, "retry"),
};
