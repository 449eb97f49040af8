/** An endpoint of events over HTTP that can lose its answers. @module */
import { type Arrival, arrivalOf } from "./arrivals.ts";

export class HttpEndpoint implements AsyncDisposable {
  readonly arrived: Arrival[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Requests whose events are kept, and whose answer says that they are not; and those that it answers 503 at once. */
  #losesAnswers = 0;
  #refuses = 0;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/events`;
  }

  /** From now on takes no events of so many requests, and then keeps those of as many without saying so. */
  fail(requests: number): void {
    this.#refuses = this.#losesAnswers = requests;
  }

  get isFailing(): boolean {
    return this.#losesAnswers > 0;
  }

  async #answer(request: Request): Promise<Response> {
    const events = [await request.json() as Record<string, unknown> | Record<string, unknown>[]].flat();
    if (this.#refuses > 0) {
      this.#refuses--;
      return new Response(null, { status: 503, headers: { "retry-after": "0" } });
    }
    this.arrived.push(...events.map(arrivalOf));
    if (this.#losesAnswers === 0) return new Response(null, { status: 204 });
    this.#losesAnswers--;
    return new Response(null, { status: 502, headers: { "retry-after": "0" } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
