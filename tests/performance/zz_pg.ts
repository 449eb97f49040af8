import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { startPostgres } from "../../tests/support/servers/postgres_server.ts";
import { appendAll, intake, intakes, runAsNode, settleRate } from "./bench.ts";
import { run } from "./pg_core.ts";
await runAsNode(() =>
  run({
    startPostgres,
    open: (url: string) => openPostgres({ url, migrate: "apply" }),
    appendAll,
    intakes,
    intake,
    settleRate,
  })
);
