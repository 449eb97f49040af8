/** The backend dies and comes back. @module */
import { type Fault, simulated } from "./fault.ts";

export const backendKill: Fault = {
  does: "kills the server of the backend (kill -9), and starts it again on the same data",
  testbed() {
    let unavailable = false;
    return {
      needs: "own_server",
      signs: ["backend_away"],
      async apply({ server }) {
        await server!.kill9!();
        unavailable = await Deno.connect(server!.target).then(
          (connection) => (connection.close(), false),
          () => true,
        );
      },
      heal: ({ server }) => server!.start!(),
      tookEffect: () => unavailable ? "the server was gone and took no connection" : undefined,
    };
  },
  // Nothing comes through to the store, or from it.
  simulation: simulated({
    draw: ({ random }) => ({ ms: 20 + random.below(1_500) }),
    inject({ ms }, { nodes, producers, trace, disconnectFor }) {
      trace.recordEffect("backend_kill", "store");
      for (const end of [...nodes, producers]) disconnectFor(ms, end);
    },
  }),
};
