/** A probe of a node's health, as a load balancer has one. @module */

import type { ProbeAnswer } from "./probe_worker.ts";

/** Asks a node until it is stopped. */
export class Probe {
  slowestMs = 0;
  answers = 0;
  unanswered = 0;
  /** Events that the last answer showed as refused. */
  refused = 0;
  readonly #worker = new Worker(new URL("./probe_worker.ts", import.meta.url), { type: "module" });

  constructor(url: string) {
    this.#worker.onmessage = ({ data }: MessageEvent<ProbeAnswer>) => this.#take(data);
    this.#worker.postMessage(`${url}health`);
  }

  stop(): void {
    this.#worker.terminate();
  }

  #take({ ms, isAnswered, refused }: ProbeAnswer): void {
    this.slowestMs = Math.max(this.slowestMs, ms);
    if (!isAnswered) this.unanswered++;
    else {
      this.answers++;
      this.refused = refused ?? 0;
    }
  }
}
