/** `POST /stuck/retry`: tries a group of parked deliveries now, without waiting for their time. @module */
import type { FormAct } from "../page.ts";
import { actOnGroup, MOST_LETTERS } from "./on_group.ts";

export const act: FormAct = {
  path: "/stuck/retry",
  act: "parked.retry",
  perform: (visit, form) =>
    actOnGroup(visit, form, "done.hastened", {
      list: ({ parked }) => parked.list({ limit: MOST_LETTERS }),
      perform: ({ parked }) => (...args) => parked.retry(...args),
    }),
};
