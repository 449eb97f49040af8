-- The store: an append-only log of events in partitions, and what the runtime keeps beside it.

create schema if not exists zaakstroom;

-- The files of schema/postgres/tables that were applied. The highest number is the version of the schema; serves_from is the
-- oldest version of a program that works with it.
create table zaakstroom.table_changes (
  number      integer primary key,
  name        text not null,
  serves_from integer not null,
  applied_at  timestamptz not null default clock_timestamp()
);

-- What holds for the whole store. The partitions are fixed for its life; functions is the hash of the files of
-- schema/postgres/functions, all of which are replaced when it differs. restored says from which backup the store came, until a
-- person confirms it: till then nothing that leaves the store may be sent a second time.
create table zaakstroom.store (
  only_row   boolean primary key default true check (only_row),
  partitions smallint not null check (partitions between 1 and 1024),
  functions  text not null,
  created_at timestamptz not null default clock_timestamp(),
  restored   json,
  restored_at timestamptz
);

-- By what nobody outside can foresee the id of an output: 32 bytes, in base64. Its owner and nodes read it, and nobody else. It is
-- made here and leaves the server for nodes alone, so that no statement in a log of the server has it. A copy of the store has it
-- too: there the same events give the same ids.
create table zaakstroom.store_secret (
  only_row boolean primary key default true check (only_row),
  secret   text not null
);
insert into zaakstroom.store_secret (secret)
select encode(sha256(decode(string_agg(replace(gen_random_uuid()::text, '-', ''), ''), 'hex')), 'base64')
from generate_series(1, 4);
revoke all on zaakstroom.store_secret from public;

-- Rows that are locked and never written: what must happen one at a time waits for one of them. Advisory locks can be taken by
-- whoever has a session; these by whoever may update the table, which is its owner and nodes.
create table zaakstroom.locks (
  kind   text collate "C" not null check (kind in ('partition', 'outbox', 'builds')),
  number smallint not null,
  primary key (kind, number)
);
insert into zaakstroom.locks select 'partition', n from generate_series(0, 1023) n;
insert into zaakstroom.locks values ('outbox', 0), ('builds', 0);
revoke all on zaakstroom.locks from public;

-- No index serves position alone except a BRIN: mailboxes read (partition, type, position), and a replay by position
-- reads an append-only table, which a BRIN index fits at no cost to appends.
-- The default of recorded_at is for COPY: the time at which its statement came, which is after the partition was locked.
-- (A volatile default would make COPY insert row by row.)
-- The check refuses what can be no event, whoever inserts it. It is short, because every statement parses it anew: it takes
-- up to 25 µs of the processor a statement and under 1 µs a row; thirteen terms took 45.
create table zaakstroom.events (
  position       bigint generated always as identity,
  partition      smallint not null,
  type           text collate "C" not null,
  case_id        text collate "C" not null,
  version        integer not null,
  event_id       uuid not null,
  schema_version smallint not null,
  occurred_at    timestamptz not null,
  recorded_at    timestamptz not null default date_trunc('milliseconds', statement_timestamp()),
  data           json not null,
  metadata       json not null,
  constraint events_pkey primary key (partition, type, position),
  constraint events_event_id unique (event_id),
  constraint events_case_version unique (case_id, version),
  constraint events_well_formed check (partition >= 0 and version > 0 and case_id ~ '^[^[:cntrl:]]+$'
    and isfinite(occurred_at) and isfinite(recorded_at)
    and json_typeof(data) = 'object' and json_typeof(metadata) = 'object')
);
create index events_position on zaakstroom.events using brin (position) with (pages_per_range = 32, autosummarize = on);
create index events_recorded on zaakstroom.events using brin (recorded_at) with (pages_per_range = 32, autosummarize = on);

-- The chain of hashes over the log, a block a row: see close_blocks. Each follows the one before of its partition; entries holds
-- the position and the hash of each event, and stays when an event is archived or the key to its data destroyed. They don't
-- compress, and nobody should try.
create table zaakstroom.event_blocks (
  partition      smallint not null,
  number         bigint not null,
  first_position bigint not null,
  last_position  bigint not null,
  events         integer not null,
  entries        bytea not null,
  previous       bytea not null,
  hash           bytea not null,
  closed_at      timestamptz not null default clock_timestamp(),
  primary key (partition, number)
);
alter table zaakstroom.event_blocks alter column entries set storage external;

-- The (type, version) pairs ever stored: a runtime that has no path from one of them refuses to start.
create table zaakstroom.event_kinds (
  type           text collate "C" not null,
  schema_version smallint not null,
  primary key (type, schema_version)
);

-- The audit trail: every act of a person or of the supervisor on an event or a case. Ordinary processing costs no row:
-- causation ids and checkpoints prove it.
create table zaakstroom.event_log (
  id        bigint generated always as identity primary key,
  at        timestamptz not null default clock_timestamp(),
  act       text not null,
  by        text not null,
  why       text not null,
  case_id   text collate "C",
  processor text,
  event_id  uuid,
  details   jsonb
);
create index event_log_case on zaakstroom.event_log (case_id, id) where case_id is not null;

-- One row a mailbox: how far it is settled, and who may settle it. The fill factor keeps its updates in the page.
-- in_flight names the deliveries that its owner is about to handle, so that one that kills its process is found by the next
-- owner. It is written only after an earlier owner died; a settlement clears it, in the row that it writes anyway.
-- redelivers_to is up to where it had done all before it was rewound (0: never), and differences how many outputs came out otherwise
-- since then.
create table zaakstroom.subscriptions (
  processor   text not null,
  partition   smallint not null,
  checkpoint  bigint not null default 0,
  owner       text,
  epoch       bigint not null default 0,
  lease_until timestamptz,
  settled_at  timestamptz,
  in_flight   json,
  redelivers_to bigint not null default 0,
  differences bigint not null default 0,
  primary key (processor, partition)
) with (fillfactor = 20);

-- What each processor takes: those who only read the store count by it what waits for a processor.
create table zaakstroom.processors (
  name  text primary key,
  takes text[] not null
);

-- The nodes that compete for leases, for a fair share.
create table zaakstroom.nodes (
  node    text primary key,
  seen_at timestamptz not null
);

-- Deliveries that wait. The head (lowest position) of a case is 'retry' with its due time, or 'dead'; what is behind
-- the head is 'held'. A dead head holds its case until a person redrives or discards it.
create table zaakstroom.parked_deliveries (
  processor text not null,
  partition smallint not null,
  case_id   text collate "C" not null,
  position  bigint not null,
  event_id  uuid not null,
  state     text not null check (state in ('retry', 'held', 'dead')),
  attempts  integer not null default 0,
  due_at    timestamptz,
  failures  jsonb not null default '[]',
  parked_at timestamptz not null default clock_timestamp(),
  primary key (processor, partition, case_id, position),
  check ((state = 'retry') = (due_at is not null))
);
create index parked_due on zaakstroom.parked_deliveries (processor, partition, due_at) where state = 'retry';
create index parked_dead on zaakstroom.parked_deliveries (position) where state = 'dead';

-- Durable timers: when one is due, its row is appended to its case as an ordinary event.
create table zaakstroom.timers (
  processor text not null,
  case_id   text collate "C" not null,
  name      text not null,
  partition smallint not null,
  due_at    timestamptz not null,
  row       text not null,
  primary key (processor, case_id, name)
);
create index timers_due on zaakstroom.timers (due_at);

-- What was granted to producers, by the names that the server proves, and denied to them. Who is not here may send what anyone
-- may. sent counts within the minute that began at minute_at, of those that have a rate.
create table zaakstroom.producers (
  name         text collate "C" primary key,
  allowed      text[] not null default '{}',
  denied       text[] not null default '{}',
  on_behalf_of boolean not null default false,
  per_minute   integer check (per_minute > 0),
  changed_by   text not null,
  changed_at   timestamptz not null default clock_timestamp(),
  minute_at    timestamptz,
  sent         integer not null default 0
);

-- Counts appends that were not allowed. Each is undone with its transaction, a line in the trail too: a sequence is not.
create sequence zaakstroom.refused_appends;

-- The transactional outbox: a program that shares this database writes its event here in its own transaction, and a
-- node moves it into the log. Its transactions may be long: they hold no partition lock. Whoever writes here needs the right to
-- insert event alone: producer is then who the server says.
create table zaakstroom.outbox (
  id          bigint generated always as identity primary key,
  event       json not null,
  producer    text not null default session_user,
  written_at  timestamptz not null default clock_timestamp(),
  refused_for text
);
create index outbox_waiting on zaakstroom.outbox (id) where refused_for is null;
-- The inbox: what is refused stays here whole, with the reason, until a person retries or discards it.
create index outbox_refused on zaakstroom.outbox (id) where refused_for is not null;

-- Copies of the log to others: each a record that is written by compare and set (backends/relay/relay_store.ts).
create table zaakstroom.relays (
  name     text collate "C" primary key,
  record   json not null,
  revision bigint not null default 1
) with (fillfactor = 50);

-- The read model of cases, projected from the log behind checkpoints of its own.
create table zaakstroom.cases (
  case_id    text collate "C" primary key,
  version    integer not null,
  latest     text not null,
  opened_at  timestamptz not null,
  updated_at timestamptz not null,
  position   bigint not null
);
create index cases_position on zaakstroom.cases (position desc);
create index cases_latest on zaakstroom.cases (latest, position desc);
create table zaakstroom.projections (
  name       text not null,
  partition  smallint not null,
  checkpoint bigint not null default 0,
  primary key (name, partition)
) with (fillfactor = 20);
