/** The stream that keeps how each relay stands: one message a relay. Pure. @module */

/** Its name: that of a KV bucket, so that the tools of NATS show what is in it. It is made when the first relay is. */
export function relaysStream(stream: string): string {
  return `KV_${stream}_relays`;
}
