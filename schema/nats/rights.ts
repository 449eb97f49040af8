/** The least that each user of a store on JetStream needs, and the configuration that grants it. Pure. @module */
import { ingestName, leaseBucket } from "../nats.ts";
import { allEventTypes } from "../events.ts";
import { eventsName, EventSubjects } from "./events_stream.ts";
import { indexName, IndexSubjects } from "./index_stream.ts";
import { inboxName, logName, LogSubjects } from "./log.ts";
import { producersStream } from "./producers.ts";
import { relaysStream, relaySubject } from "./relays.ts";

interface SubjectRights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Answers requests: each where its sender asks for the answer, and nowhere else. */
  readonly responds?: boolean;
}

/** The users but for the owner, who may do everything in the account. */
type NatsRole = "node" | "producer" | "reader" | "replication" | "mirror";

/** The streams of a store, and the subjects under which each is written. Another layout of the store changes this table. */
function streamsAndSubjects(stream: string, prefix: string) {
  const subjects = new LogSubjects(prefix);
  const events = new EventSubjects(prefix);
  return {
    log: { name: logName(stream), subjects: [subjects.records()] },
    index: { name: indexName(stream), subjects: [new IndexSubjects(prefix).all] },
    leases: { name: `KV_${leaseBucket(stream)}`, subjects: [`$KV.${leaseBucket(stream)}.>`] },
    inbox: { name: inboxName(stream), subjects: [subjects.rejected()] },
    ingest: { name: ingestName(stream), subjects: [subjects.ingest(), `${subjects.ingest()}.*`] },
    events: { name: eventsName(stream), subjects: allEventTypes.map((type) => events.of(type, "*")) },
    grants: { name: producersStream(stream), subjects: [] },
    relays: { name: relaysStream(stream), subjects: [relaySubject(stream, ">")] },
    secret: { name: `KV_${stream}_secret`, subjects: [] },
    /** What a store of before would have: it is looked for, and refused. */
    earlier: { name: stream, subjects: [] },
  };
}

/** Requests by which a stream is read. */
function reading(stream: string): string[] {
  const api = "$JS.API";
  return [
    `${api}.STREAM.INFO.${stream}`,
    `${api}.STREAM.MSG.GET.${stream}`,
    `${api}.DIRECT.GET.${stream}`,
    `${api}.DIRECT.GET.${stream}.>`,
    `${api}.CONSUMER.CREATE.${stream}`,
    `${api}.CONSUMER.CREATE.${stream}.>`,
    `${api}.CONSUMER.INFO.${stream}.*`,
    `${api}.CONSUMER.DELETE.${stream}.*`,
    `${api}.CONSUMER.MSG.NEXT.${stream}.*`,
  ];
}

/** What the fan-out gives to whoever listens. They are listed: what producers send to the ingest subject is beside them. */
function liveSubjects(prefix: string): string[] {
  const events = new EventSubjects(prefix);
  return allEventTypes.flatMap((type) => [events.live(type), events.of(type, "*")]);
}

type Streams = ReturnType<typeof streamsAndSubjects>;

/** What every command but a producer's asks: the server, the account, and which streams there are. */
function askedBy(streams: Streams): string[] {
  const known = Object.values(streams).map(({ name }) => `$JS.API.STREAM.INFO.${name}`);
  return ["$JS.API.INFO", "$SYS.REQ.USER.INFO", ...known];
}

/** How the log is read, by its index. */
function readLog({ log, index, leases }: Streams): string[] {
  return [log, index, leases].flatMap(({ name }) => reading(name));
}

const answers = (role: NatsRole) => [`_INBOX.${role}.>`];

/** What a node reads, writes and asks of others. */
function nodeRights(stream: string, prefix: string): SubjectRights {
  const subjects = new LogSubjects(prefix);
  const streams = streamsAndSubjects(stream, prefix);
  const { log, index, leases, inbox, ingest, events, grants, relays, secret } = streams;
  const toOthers = [subjects.commits("*"), subjects.settles("*"), subjects.written("*"), subjects.notify()];
  return {
    publish: [
      ...askedBy(streams),
      ...readLog(streams),
      ...[ingest, inbox, grants, relays].flatMap(({ name }) => reading(name)),
      ...reading(events.name),
      ...[log, index, leases, inbox, ingest, events, relays].flatMap((each) => each.subjects),
      // Runs that were merged, what is taken in and what is settled by a person are removed. A bucket of leases in memory ends
      // with its server.
      `$JS.API.STREAM.PURGE.${index.name}`,
      `$JS.API.STREAM.PURGE.${ingest.name}`,
      `$JS.API.STREAM.MSG.DELETE.${inbox.name}`,
      `$JS.API.STREAM.CREATE.${leases.name}`,
      // Made with the first relay of the store.
      `$JS.API.STREAM.CREATE.${relays.name}`,
      `$JS.API.STREAM.MSG.GET.${secret.name}`,
      ...toOthers,
    ],
    subscribe: [...answers("node"), ...toOthers, subjects.append("*"), subjects.appendsBy("*")],
    responds: true,
  };
}

/** What comes over the link of a mirror: answers, and what the server of the mirror asks for by itself. */
const MIRROR_LINK = ["$JS.M.>", "$JSC.R.>"];

/**
 * The link of the servers of a mirror: they read what the mirror is of, and nothing else passes, so that what nodes and producers
 * say at one place is never heard at the other.
 */
function mirrorRights(streams: Streams): SubjectRights {
  const { leases: _, earlier: __, ...mirrored } = streams;
  const api = "$JS.*.API";
  return {
    publish: [
      ...Object.values(mirrored).flatMap(({ name }) => [
        `${api}.STREAM.INFO.${name}`,
        `${api}.CONSUMER.CREATE.${name}`,
        `${api}.CONSUMER.CREATE.${name}.>`,
      ]),
      // By which the hub learns how fast messages are taken.
      "$JS.FC.>",
    ],
    subscribe: [...answers("mirror"), ...MIRROR_LINK],
  };
}

/** What each role may use, of a store of this stream and prefix. */
export function natsRights(stream: string, prefix: string): Readonly<Record<NatsRole, SubjectRights>> {
  const subjects = new LogSubjects(prefix);
  const streams = streamsAndSubjects(stream, prefix);
  const { log, events } = streams;
  return {
    node: nodeRights(stream, prefix),
    producer: {
      publish: [
        `${subjects.ingest()}.producer`,
        subjects.append("*", "producer"),
        // How many partitions there are.
        `$JS.API.STREAM.INFO.${log.name}`,
      ],
      subscribe: answers("producer"),
    },
    reader: {
      // Consumers of the fan-out are acknowledged.
      publish: [
        ...askedBy(streams),
        ...readLog(streams),
        ...reading(events.name),
        `$JS.ACK.${events.name}.>`,
      ],
      subscribe: [...answers("reader"), ...liveSubjects(prefix)],
    },
    replication: {
      publish: [
        ...askedBy(streams),
        ...Object.values(streams).flatMap((
          { name },
        ) => [...reading(name), `$JS.API.STREAM.SNAPSHOT.${name}`]),
        // Each part of a snapshot is asked for by confirming the one before.
        "$JS.SNAPSHOT.ACK.>",
      ],
      subscribe: answers("replication"),
    },
    mirror: mirrorRights(streams),
  };
}

const ABOUT: Readonly<Record<NatsRole, string>> = {
  node: "runs nodes, and the commands that act on cases",
  producer:
    "sends events in its own name, and reads none; each producer is a user of its own, with its name in place of producer",
  reader: "lists and shows cases, and hears the fan-out: it sees events, and writes nothing",
  replication: "reads everything, the secret of the store included: backups and copies",
  mirror:
    "the link of a mirror's servers: a leaf node remote, which reads everything, the secret of the store included",
};

/** All of it as configuration of a nats-server, for an account of its own. */
export function natsRolesText(stream = "CASES", prefix = stream.toLowerCase()): string {
  const rights = Object.entries(natsRights(stream, prefix)) as [NatsRole, SubjectRights][];
  return [
    `# The users of a store of zaakstroom (stream ${stream}, subjects ${prefix}), each with the least it needs, for the configuration`,
    "# of a nats-server. The passwords are taken from the server's environment; bcrypt hashes in their place are better. Each user",
    "# is answered on a subject of its own (_INBOX.NAME), so that none hears what another is told; for the nats command that is",
    "# --inbox-prefix _INBOX.producer. The owner runs setup.",
    "accounts {",
    "  ZAAKSTROOM {",
    "    jetstream: enabled",
    "    users: [",
    "      { user: owner, password: $ZAAKSTROOM_OWNER_PASSWORD }",
    ...rights.flatMap(([role, each]) => userLines(role, each)),
    "    ]",
    "  }",
    "}",
  ].join("\n");
}

function userLines(role: NatsRole, { publish, subscribe, responds = false }: SubjectRights): string[] {
  const list = (subjects: readonly string[]) =>
    [...new Set(subjects)].map((subject) => `            "${subject}"`);
  return [
    `      # ${role}: ${ABOUT[role]}`,
    "      {",
    `        user: ${role}, password: $ZAAKSTROOM_${role.toUpperCase()}_PASSWORD`,
    "        permissions: {",
    "          publish: { allow: [",
    ...list(publish),
    "          ] }",
    "          subscribe: { allow: [",
    ...list(subscribe),
    "          ] }",
    ...(responds ? ["          allow_responses: true"] : []),
    "        }",
    "      }",
  ];
}
