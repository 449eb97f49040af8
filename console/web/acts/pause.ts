/** `POST /processors/pause`: pauses a processor on all nodes. @module */
import type { FormAct } from "../page.ts";
import { actOnPause } from "./on_pause.ts";

export const act: FormAct = {
  path: "/processors/pause",
  act: "processors.pause",
  perform: (visit, form) => actOnPause(visit, form, "pause", "processor", "done.paused"),
};
