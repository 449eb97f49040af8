/** `POST /nodes/drain`: has a node give up its leases. @module */
import type { FormAct } from "../page.ts";
import { actOnPause } from "./on_pause.ts";

export const act: FormAct = {
  path: "/nodes/drain",
  act: "nodes.drain",
  perform: (visit, form) => actOnPause(visit, form, "pause", "node", "done.drained"),
};
