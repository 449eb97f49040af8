-- Read models: tables in a schema of their own, made by the program from the columns that its projections declare, each
-- filling (build) with a number in its name, and served under a view with the plain name. Whoever may only read them is granted
-- that schema, and sees no event.

drop table zaakstroom.cases;
drop table zaakstroom.projections;

create schema if not exists zaakstroom_models;

-- The builds of read models: at most one that is read, one that is being filled beside it, and the one that was read before.
create table zaakstroom.projection_builds (
  id            bigint generated always as identity primary key,
  name          text not null,
  state         text not null check (state in ('building', 'serving', 'previous')),
  shape         json not null,
  projector     text,
  claimed_until timestamptz,
  created_at    timestamptz not null default clock_timestamp(),
  served_at     timestamptz,
  differences   bigint,
  unique (name, state) deferrable initially deferred
);

-- How far a build is in a partition. last_event tells a log that was restored from an older backup, which draws positions again.
-- held is the event at which it stands still; skipped counts what is no event, and last_skipped names the last of it.
create table zaakstroom.projection_checkpoints (
  build        bigint not null references zaakstroom.projection_builds on delete cascade,
  partition    smallint not null,
  checkpoint   bigint not null default 0,
  last_event   uuid,
  held         json,
  skipped      bigint not null default 0,
  last_skipped json,
  primary key (build, partition)
) with (fillfactor = 20);
