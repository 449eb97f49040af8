-- Reading a mailbox: one text out, a delivery a line.

-- One delivery as a line (see schema/delivery_line.ts); times in milliseconds since 1970.
create function zaakstroom.delivery_line(e zaakstroom.events, p_attempt integer, p_held integer) returns text
language sql stable as $$
  select concat_ws(e'\t', e.position, e.version, p_attempt, p_held, (date_part('epoch', e.recorded_at) * 1000)::bigint,
    e.event_id, e.type, e.case_id, (date_part('epoch', e.occurred_at) * 1000)::bigint, e.data, e.metadata)
$$;

-- The next batch: parked deliveries of cases whose head is due, else the next stretch of the feed. A batch ends at
-- p_limit deliveries or p_bytes characters, whichever comes first, and holds at least one.
-- kind is 'fresh', 'redelivery', 'empty' or 'fenced'; next_due_ms says when the next parked head is due.
create function zaakstroom.pull(p_processor text, p_partition smallint, p_epoch bigint, p_types text[],
  p_limit integer, p_bytes integer,
  out kind text, out count integer, out read_from bigint, out read_to bigint, out lines text, out next_due_ms float8)
language plpgsql set enable_seqscan = off as $$
declare
  v_parked boolean;
begin
  select s.checkpoint into read_from from zaakstroom.subscriptions s
  where (s.processor, s.partition, s.epoch) = (p_processor, p_partition, p_epoch);
  if not found then
    kind := 'fenced';
    return;
  end if;
  v_parked := exists (select from zaakstroom.parked_deliveries p where (p.processor, p.partition) = (p_processor, p_partition));
  if v_parked then
    select * into count, lines from zaakstroom.pull_due(p_processor, p_partition, p_limit, p_bytes);
    if count > 0 then
      kind := 'redelivery';
      read_to := read_from;
      return;
    end if;
    select extract(epoch from min(p.due_at) - clock_timestamp())::float8 * 1000 into next_due_ms
    from zaakstroom.parked_deliveries p where (p.processor, p.partition) = (p_processor, p_partition) and p.state = 'retry';
  end if;
  select f.count, f.read_to, f.lines into count, read_to, lines
  from zaakstroom.pull_fresh(p_processor, p_partition, read_from, p_types, v_parked, p_limit, p_bytes) f;
  kind := case when count = 0 then 'empty' else 'fresh' end;
end
$$;

create function zaakstroom.pull_fresh(p_processor text, p_partition smallint, p_after bigint, p_types text[],
  p_parked boolean, p_limit integer, p_bytes integer, out count integer, out read_to bigint, out lines text)
language plpgsql set enable_seqscan = off as $$
begin
  with next as (
    select (one.e).position, zaakstroom.delivery_line(one.e, 1, case when p_parked and exists (
        select from zaakstroom.parked_deliveries p
        where (p.processor, p.partition, p.case_id) = (p_processor, p_partition, (one.e).case_id)) then 1 else 0 end) as line
    from unnest(p_types) as t (type) cross join lateral (
      select e from zaakstroom.events e
      where e.partition = p_partition and e.type = t.type and e.position > p_after
      order by e.position limit p_limit) as one (e)
    order by (one.e).position limit p_limit
  ), sized as (
    select n.position, n.line, sum(length(n.line) + 1) over (order by n.position) as total, row_number() over (order by n.position) as nth
    from next n
  )
  select count(*), max(s.position), string_agg(s.line, e'\n' order by s.position) into count, read_to, lines
  from sized s where s.total <= p_bytes or s.nth = 1;
end
$$;

create function zaakstroom.pull_due(p_processor text, p_partition smallint, p_limit integer, p_bytes integer,
  out count integer, out lines text)
language plpgsql set enable_seqscan = off as $$
begin
  with due as (
    select h.case_id from zaakstroom.parked_deliveries h
    where (h.processor, h.partition) = (p_processor, p_partition) and h.state = 'retry' and h.due_at <= clock_timestamp()
    order by h.due_at limit p_limit
  ), next as (
    select p.position, zaakstroom.delivery_line(e, p.attempts + 1, 0) as line
    from due d
    join zaakstroom.parked_deliveries p on (p.processor, p.partition, p.case_id) = (p_processor, p_partition, d.case_id)
    join zaakstroom.events e on e.event_id = p.event_id
    order by p.position limit p_limit
  ), sized as (
    select n.position, n.line, sum(length(n.line) + 1) over (order by n.position) as total, row_number() over (order by n.position) as nth
    from next n
  )
  select count(*), string_agg(s.line, e'\n' order by s.position) into count, lines
  from sized s where s.total <= p_bytes or s.nth = 1;
end
$$;

-- The events of the given types that a worker needs to fold the states it lacks: after < version < before, per case.
create function zaakstroom.histories(p_needs json, p_types text[]) returns text
language plpgsql set enable_seqscan = off as $$
begin
  return (
    select string_agg(zaakstroom.delivery_line(e, 0, 0), e'\n' order by e.case_id, e.version)
    from json_to_recordset(p_needs) as n ("caseId" text, after integer, before integer)
    join zaakstroom.events e on e.case_id = n."caseId" and e.version > n.after and e.version < n.before
    where e.type = any (p_types));
end
$$;
