/** How busy this process is. @module */
import process from "node:process";

/** The share of a core that this process uses during a second. */
export async function cpuShare(): Promise<number> {
  const [before, began] = [process.cpuUsage(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (performance.now() - began);
}
