/** `POST /nodes/resume`: lets a drained node take its share again. @module */
import type { FormAct } from "../page.ts";
import { actOnPause } from "./on_pause.ts";

export const act: FormAct = {
  path: "/nodes/resume",
  act: "nodes.resume",
  perform: (visit, form) => actOnPause(visit, form, "resume", "node", "done.node_resumed"),
};
