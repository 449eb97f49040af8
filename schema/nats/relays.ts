/** The stream that keeps how far relays are: one message a relay. Pure. @module */

/** Its name: that of a KV bucket, so that the tools of NATS show what is in it. */
export function relaysStream(stream: string): string {
  return `KV_${stream}_relays`;
}

/** The subject of the record of one relay, by its token; `*` is any. */
export function relaySubject(stream: string, relay: string): string {
  return `$KV.${stream}_relays.${relay}`;
}
