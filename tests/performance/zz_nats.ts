import { openNats } from "../../backends/nats/nats_backend.ts";
import { startNats } from "../../tests/support/servers/nats_server.ts";
import { appendAll, intake, intakes, runAsNode, settleRate } from "./bench.ts";
import { run } from "./nats_core.ts";
await runAsNode(() =>
  run({
    startNats,
    open: (url: string, stream: string) => openNats({ url, stream }),
    appendAll,
    intakes,
    intake,
    settleRate,
  })
);
