/** The routes of the HTTP API: one file each, and their list here. @module */
import type { ApiRoute } from "./route.ts";
import { appendEventsRoute } from "./routes/append_events.ts";
import { listCasesRoute } from "./routes/list_cases.ts";
import { listDeadLettersRoute } from "./routes/list_dead_letters.ts";
import { readEventsRoute } from "./routes/read_events.ts";
import { showCaseRoute } from "./routes/show_case.ts";

export const apiRoutes: readonly ApiRoute[] = [
  listCasesRoute,
  showCaseRoute,
  readEventsRoute,
  appendEventsRoute,
  listDeadLettersRoute,
];
