-- Several mailboxes in one statement. Where many have a little to do, what a statement and a commit cost outweighs what is
-- done for their deliveries: so whoever waits meanwhile goes together in the next one.

-- A plan that is made anew at each call costs more than the call; the plans of these functions do not depend on values.
alter function zaakstroom.append(smallint[], text, integer, integer) set plan_cache_mode = force_generic_plan;
alter function zaakstroom.pull(text, smallint, bigint, text[], integer, integer) set plan_cache_mode = force_generic_plan;
alter function zaakstroom.settle(text, smallint, bigint, bigint, bigint, bigint[], text, json, json)
  set plan_cache_mode = force_generic_plan;
alter function zaakstroom.begin_settle(text, smallint, bigint, bigint, bigint, bigint[], json, json, text[], smallint[])
  set plan_cache_mode = force_generic_plan;
alter function zaakstroom.fire_timers(timestamptz, integer) set plan_cache_mode = force_generic_plan;

-- The next batch of each of several mailboxes, in the order in which they are named. p_types: of each, joined by commas.
-- What needs more than the next stretch of the feed (parked deliveries, more bytes than a batch takes) is left to pull.
create function zaakstroom.pull_together(p_processors text[], p_partitions smallint[], p_epochs bigint[], p_types text[],
  p_limits integer[], p_bytes integer[])
returns table (kind text, count integer, read_from bigint, read_to bigint, lines text, next_due_ms float8)
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return query select p.* from (
    select m.*, s.checkpoint, s.epoch is distinct from m.held_under as moved,
      exists (select from zaakstroom.parked_deliveries d
        where (d.processor, d.partition) = (m.processor, m.partition)) as parked
    from unnest(p_processors, p_partitions, p_epochs, p_types, p_limits, p_bytes) with ordinality
      as m (processor, partition, held_under, types, most, most_bytes, ord)
    left join zaakstroom.subscriptions s on (s.processor, s.partition) = (m.processor, m.partition)
  ) m
  left join lateral (
    select count(*)::integer as count, max(f.position) as read_to, string_agg(f.line, e'\n' order by f.position) as lines,
      coalesce(sum(octet_length(f.line) + 1), 0) as bytes
    from zaakstroom.fresh_lines(m.processor, m.partition, m.checkpoint, string_to_array(m.types, ','), false, m.most) f
    where not m.moved and not m.parked
  ) f on true
  cross join lateral (
    select case when m.moved then 'fenced' when f.count = 0 then 'empty' else 'fresh' end, f.count, m.checkpoint,
      f.read_to, f.lines, null::float8
    where m.moved or not (m.parked or (f.bytes > m.most_bytes and f.count > 1))
    union all
    select * from zaakstroom.pull(m.processor, m.partition, m.held_under, string_to_array(m.types, ','), m.most, m.most_bytes)
    where not m.moved and (m.parked or (f.bytes > m.most_bytes and f.count > 1))
  ) p
  order by m.ord;
end
$$;

-- As before, for the cases of any partitions: a timer's row begins with the partition of its case.
create function zaakstroom.change_timers(p_timers json) returns void
language plpgsql as $$
begin
  delete from zaakstroom.timers t
  using json_to_recordset(p_timers) as x (kind text, processor text, "caseId" text, name text)
  where x.kind = 'cancel' and (t.processor, t.case_id, t.name) = (x.processor, x."caseId", x.name);
  insert into zaakstroom.timers (processor, case_id, name, partition, due_at, row)
  select x.processor, x."caseId", x.name, split_part(x.row, e'\t', 1)::smallint, x.at, x.row
  from json_to_recordset(p_timers)
    as x (kind text, processor text, "caseId" text, name text, at timestamptz, row text)
  where x.kind = 'set'
  on conflict (processor, case_id, name) do update set due_at = excluded.due_at, row = excluded.row;
end
$$;

-- Settles fresh batches of several mailboxes that have outputs and timers and nothing besides, all or none. False: nothing
-- was done, for one of them was settled before or its lease has moved; settle tells of each which it is.
create function zaakstroom.settle_together(p_processors text[], p_partitions smallint[], p_epochs bigint[],
  p_froms bigint[], p_tos bigint[], p_outputs text, p_timers json) returns boolean
language plpgsql set lock_timeout = '10s' set plan_cache_mode = force_generic_plan as $$
declare
  v_held integer;
begin
  -- In the order of their keys, as renew_leases does: so that two who take several never wait for each other.
  select count(*) into v_held from (
    select from zaakstroom.subscriptions s
    join unnest(p_processors, p_partitions, p_epochs, p_froms) as b (processor, partition, epoch, start)
      on (s.processor, s.partition, s.epoch, s.checkpoint) = (b.processor, b.partition, b.epoch, b.start)
    order by s.processor, s.partition for update of s) as held;
  if v_held < cardinality(p_processors) then
    return false;
  end if;
  update zaakstroom.subscriptions s set checkpoint = b.upto, settled_at = clock_timestamp(), trial = null
  from unnest(p_processors, p_partitions, p_tos) as b (processor, partition, upto)
  where (s.processor, s.partition) = (b.processor, b.partition);
  if p_outputs is not null then
    perform zaakstroom.insert_once(p_outputs,
      array(select distinct p.partition from unnest(p_partitions) as p (partition) order by 1));
  end if;
  if p_timers is not null then
    perform zaakstroom.change_timers(p_timers);
  end if;
  return true;
end
$$;

-- As before, locking what it renews in the order of the keys.
create or replace function zaakstroom.renew_leases(p_node text, p_lease_ms integer)
returns table (processor text, partition smallint, epoch bigint)
language plpgsql as $$
begin
  insert into zaakstroom.nodes values (p_node, clock_timestamp())
  on conflict (node) do update set seen_at = excluded.seen_at;
  delete from zaakstroom.nodes n where n.seen_at < clock_timestamp() - interval '1 hour';
  return query
    with mine as materialized (
      select m.processor, m.partition from zaakstroom.subscriptions m where m.owner = p_node
      order by m.processor, m.partition for update)
    update zaakstroom.subscriptions s
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from mine where (s.processor, s.partition) = (mine.processor, mine.partition)
    returning s.processor, s.partition, s.epoch;
end
$$;

-- As before, case by case: joined with all cases at once, the whole log was read for a handful of them.
create or replace function zaakstroom.histories(p_needs json, p_types text[]) returns text
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
  return (
    select string_agg(h.line, e'\n' order by n.ord, h.version)
    from rows from (json_to_recordset(p_needs) as ("caseId" text, after integer, before integer)) with ordinality
      as n ("caseId", after, before, ord)
    cross join lateral (
      select e.version, zaakstroom.delivery_line(e, 0, 0) as line from zaakstroom.events e
      where e.case_id = n."caseId" and e.version > n.after and e.version < n.before and e.type = any (p_types)
      order by e.version) h);
end
$$;
