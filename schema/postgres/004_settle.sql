-- Settling: outputs, timers, parked deliveries, dead letters and checkpoint in one transaction, fenced by the epoch.

-- The head of a case must be able to move. Where the head is held (what was before it is done or discarded), it is due now.
create function zaakstroom.promote_heads(p_processor text, p_partition smallint, p_cases text[]) returns void
language sql as $$
  update zaakstroom.parked_deliveries p set state = 'retry', due_at = clock_timestamp()
  from (
    select distinct on (h.case_id) h.case_id, h.position, h.state from zaakstroom.parked_deliveries h
    where (h.processor, h.partition) = (p_processor, p_partition) and h.case_id = any (p_cases)
    order by h.case_id, h.position
  ) head
  where (p.processor, p.partition, p.case_id, p.position) = (p_processor, p_partition, head.case_id, head.position)
    and head.state = 'held'
$$;

-- Parks what was not done. Each exception: position, event_id, case_id, attempt, kind (retry, deadLetter, held), after_ms, error.
create function zaakstroom.park(p_processor text, p_partition smallint, p_exceptions json) returns void
language plpgsql as $$
begin
  insert into zaakstroom.parked_deliveries as p
    (processor, partition, case_id, position, event_id, state, attempts, due_at, failures)
  select p_processor, p_partition, x.case_id, x.position, x.event_id,
    case x.kind when 'deadLetter' then 'dead' else x.kind end, x.attempt,
    case when x.kind = 'retry' then clock_timestamp() + make_interval(secs => x.after_ms / 1000) end,
    case when x.error is null then '[]'::jsonb else jsonb_build_array(x.error) end
  from json_to_recordset(p_exceptions)
    as x (position bigint, event_id uuid, case_id text, attempt integer, kind text, after_ms float8, error jsonb)
  on conflict (processor, partition, case_id, position) do update
  set state = excluded.state, due_at = excluded.due_at, attempts = greatest(p.attempts, excluded.attempts),
    failures = case when excluded.attempts > p.attempts then p.failures || excluded.failures else p.failures end
  where excluded.state <> 'held' or p.state <> 'held';

  insert into zaakstroom.event_log (act, by, why, case_id, processor, event_id, details)
  select case x.kind when 'deadLetter' then 'dead_letter' when 'retry' then case x.attempt when 1 then 'park' else 'retry' end end,
    'runtime', coalesce(x.error ->> 'class', 'unknown'), x.case_id, p_processor, x.event_id,
    jsonb_build_object('attempt', x.attempt, 'after_ms', x.after_ms)
  from json_to_recordset(p_exceptions)
    as x (position bigint, event_id uuid, case_id text, attempt integer, kind text, after_ms float8, error jsonb)
  where x.kind <> 'held';
end
$$;

create function zaakstroom.change_timers(p_partition smallint, p_timers json) returns void
language plpgsql as $$
begin
  delete from zaakstroom.timers t
  using json_to_recordset(p_timers) as x (kind text, processor text, "caseId" text, name text)
  where x.kind = 'cancel' and (t.processor, t.case_id, t.name) = (x.processor, x."caseId", x.name);
  insert into zaakstroom.timers (processor, case_id, name, partition, due_at, row)
  select x.processor, x."caseId", x.name, p_partition, x.at, x.row
  from json_to_recordset(p_timers)
    as x (kind text, processor text, "caseId" text, name text, at timestamptz, row text)
  where x.kind = 'set'
  on conflict (processor, case_id, name) do update set due_at = excluded.due_at, row = excluded.row;
end
$$;

-- Whether what failed in this redelivery was recorded before: then its case may have gone on since, and parking it again
-- would bring back deliveries that are done.
create function zaakstroom.redelivery_settled(p_processor text, p_partition smallint, p_exceptions json) returns boolean
language sql stable as $$
  select exists (
    select from json_to_recordset(p_exceptions) as x (position bigint, case_id text, attempt integer, kind text)
    left join zaakstroom.parked_deliveries p
      on (p.processor, p.partition, p.case_id, p.position) = (p_processor, p_partition, x.case_id, x.position)
    where p.position is null or (x.kind <> 'held' and p.attempts >= x.attempt))
$$;

-- Settles a fresh batch (p_done is null) or a redelivery (p_done: the positions that are done).
-- Returns 'settled', 'already' (this batch was settled before) or 'fenced'.
create function zaakstroom.settle(p_processor text, p_partition smallint, p_epoch bigint, p_from bigint, p_to bigint,
  p_done bigint[], p_outputs text, p_exceptions json, p_timers json) returns text
language plpgsql set lock_timeout = '10s' as $$
declare
  v_fence text := zaakstroom.move_checkpoint(p_processor, p_partition, p_epoch, p_from, p_to, p_done is not null);
  v_touched text[];
begin
  if v_fence <> 'settled' then
    return v_fence;
  end if;
  if p_done is not null and zaakstroom.redelivery_settled(p_processor, p_partition, p_exceptions) then
    return 'already';
  end if;
  if p_outputs is not null then
    perform zaakstroom.insert_once(p_outputs, array[p_partition]);
  end if;
  if p_timers is not null then
    perform zaakstroom.change_timers(p_partition, p_timers);
  end if;
  if p_done is not null then
    with done as (
      delete from zaakstroom.parked_deliveries p
      where (p.processor, p.partition) = (p_processor, p_partition) and p.position = any (p_done) returning p.case_id
    ) select array_agg(distinct d.case_id) into v_touched from done d;
  end if;
  if p_exceptions is not null then
    perform zaakstroom.park(p_processor, p_partition, p_exceptions);
    select v_touched || array_agg(distinct x.case_id) into v_touched
    from json_to_recordset(p_exceptions) as x (case_id text);
  end if;
  if v_touched is not null then
    perform zaakstroom.promote_heads(p_processor, p_partition, v_touched);
  end if;
  return 'settled';
end
$$;

-- The fence: only the holder of the epoch moves the checkpoint, and only from where its batch was read.
create function zaakstroom.move_checkpoint(p_processor text, p_partition smallint, p_epoch bigint, p_from bigint, p_to bigint,
  p_redelivery boolean) returns text
language plpgsql as $$
declare
  v_now record;
begin
  update zaakstroom.subscriptions s
  set checkpoint = case when p_redelivery then s.checkpoint else p_to end, settled_at = clock_timestamp()
  where (s.processor, s.partition, s.epoch) = (p_processor, p_partition, p_epoch)
    and (p_redelivery or s.checkpoint = p_from);
  if found then
    return 'settled';
  end if;
  select s.epoch, s.checkpoint into v_now from zaakstroom.subscriptions s
  where (s.processor, s.partition) = (p_processor, p_partition);
  if v_now.epoch is distinct from p_epoch then
    return 'fenced';
  elsif v_now.checkpoint >= p_to then
    return 'already';
  end if;
  raise exception 'checkpoint of % partition % is %, the batch was read at %', p_processor, p_partition, v_now.checkpoint, p_from;
end
$$;

-- Appends the events of timers that are due at p_now (the clock of the store when null). Returns the partitions woken.
create function zaakstroom.fire_timers(p_now timestamptz, p_limit integer) returns smallint[]
language plpgsql set lock_timeout = '10s' as $$
declare
  v_now timestamptz := coalesce(p_now, clock_timestamp());
  v_partitions smallint[];
  v_rows text;
begin
  -- Partition locks come first, as in settle: a timer that is changed meanwhile is then seen as changed.
  select array_agg(distinct d.partition order by d.partition) into v_partitions
  from (select t.partition from zaakstroom.timers t where t.due_at <= v_now order by t.due_at limit p_limit) d;
  if v_partitions is null then
    return '{}';
  end if;
  perform zaakstroom.lock_partitions(v_partitions);
  with fired as (
    delete from zaakstroom.timers t using (
      select u.processor, u.case_id, u.name from zaakstroom.timers u
      where u.due_at <= v_now and u.partition = any (v_partitions) order by u.due_at limit p_limit) d
    where (t.processor, t.case_id, t.name) = (d.processor, d.case_id, d.name)
    returning t.due_at, t.case_id, t.name, t.row
  ) select string_agg(f.row, e'\n' order by f.due_at, f.case_id, f.name) into v_rows from fired f;
  if v_rows is not null then
    perform zaakstroom.insert_once(v_rows, v_partitions);
  end if;
  return v_partitions;
end
$$;
