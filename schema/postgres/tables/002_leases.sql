-- Leases are of partitions: whoever holds one hosts there every processor it has, under one epoch, and renews one row. What the
-- holder does not have is leased alone: scope is then the name of the processor. The epoch of each row of subscriptions is that
-- of the lease under which it runs, or ran last.
create table zaakstroom.leases (
  partition   smallint not null,
  scope       text not null,
  owner       text,
  epoch       bigint not null default 0,
  lease_until timestamptz,
  primary key (partition, scope)
) with (fillfactor = 20);

-- A node leases alone only what the holder of the partition does not have.
alter table zaakstroom.nodes add column processors text[] not null default '{}';

-- Processors and nodes that take no work until a person resumes them. Who does so is in the audit trail too, by the same
-- statement.
create table zaakstroom.pauses (
  kind text not null check (kind in ('processor', 'node')),
  name text not null,
  by   text not null,
  why  text not null,
  at   timestamptz not null default clock_timestamp(),
  primary key (kind, name)
);

-- A program of before can settle and renew nothing any more, so that no processor runs under two leases. It is alive where its
-- lease runs; who let it run out left behind what is in flight.
update zaakstroom.subscriptions set epoch = epoch + 1,
  owner = case when lease_until > clock_timestamp() then null else owner end,
  in_flight = case when lease_until > clock_timestamp() then null else in_flight end;
alter table zaakstroom.subscriptions drop column lease_until;
delete from zaakstroom.nodes;
