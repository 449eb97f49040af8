/** The backend dies and comes back. @module */
import type { Fault } from "./fault.ts";

export function backendKill(): Fault {
  let unavailable = false;
  return {
    name: "backend_kill",
    does: "kills the server of the backend (kill -9), and starts it again on the same data",
    needs: "own_server",
    signs: ["backend_away"],
    async apply({ server }) {
      await server!.kill9();
      unavailable = await Deno.connect(server!.target).then(
        (connection) => (connection.close(), false),
        () => true,
      );
    },
    heal: ({ server }) => server!.start(),
    tookEffect: () => unavailable ? "the server was gone and took no connection" : undefined,
  };
}
