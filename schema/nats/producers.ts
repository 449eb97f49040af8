/** The stream that keeps what was granted to producers: one message a producer. Pure. @module */

/** Its name: that of a KV bucket, so that the tools of NATS show what is in it. */
export function producersStream(stream: string): string {
  return `KV_${stream}_producers`;
}

/** The subject of the grants of one producer, by its token; `*` is any. */
export function grantSubject(stream: string, producer: string): string {
  return `$KV.${stream}_producers.${producer}`;
}

/** Its settings, from those of the stream of the events. */
export function grantsStream<S extends object>(stream: string, store: S): S {
  return {
    ...store,
    name: producersStream(stream),
    subjects: [grantSubject(stream, ">")],
    max_msgs_per_subject: 1,
    allow_atomic: false,
    allow_msg_ttl: false,
    metadata: {},
  };
}
