/** `POST /processors/resume`: lets a paused processor go on. @module */
import type { FormAct } from "../page.ts";
import { actOnPause } from "./on_pause.ts";

export const act: FormAct = {
  path: "/processors/resume",
  act: "processors.resume",
  perform: (visit, form) => actOnPause(visit, form, "resume", "processor", "done.resumed"),
};
