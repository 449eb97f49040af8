-- Parks what was not done, and keeps of its failures what trim_failures leaves. Each of p_failures: position, event_id,
-- case_id, attempt, kind (retry, deadLetter, held), after_ms, error.
create function zaakstroom.park(p_processor text, p_partition smallint, p_failures json) returns void
language plpgsql as $$
begin
  insert into zaakstroom.parked_deliveries as p
    (processor, partition, case_id, position, event_id, state, attempts, due_at, failures)
  select p_processor, p_partition, x.case_id, x.position, x.event_id,
    case x.kind when 'deadLetter' then 'dead' else x.kind end, x.attempt,
    case when x.kind = 'retry' then clock_timestamp() + make_interval(secs => x.after_ms / 1000) end,
    case when x.error is null then '[]'::jsonb else jsonb_build_array(x.error) end
  from json_to_recordset(p_failures)
    as x (position bigint, event_id uuid, case_id text, attempt integer, kind text, after_ms float8, error jsonb)
  on conflict (processor, partition, case_id, position) do update
  set state = excluded.state, due_at = excluded.due_at, attempts = greatest(p.attempts, excluded.attempts),
    failures = case when excluded.attempts > p.attempts
      then zaakstroom.trim_failures(p.failures || excluded.failures) else p.failures end
  where excluded.state <> 'held' or p.state <> 'held';

  insert into zaakstroom.event_log (act, by, why, case_id, processor, event_id, details)
  select case x.kind when 'deadLetter' then 'dead_letter' when 'retry' then case x.attempt when 1 then 'park' else 'retry' end end,
    'runtime', coalesce(x.error ->> 'class', 'unknown'), x.case_id, p_processor, x.event_id,
    jsonb_build_object('attempt', x.attempt, 'after_ms', x.after_ms)
  from json_to_recordset(p_failures)
    as x (position bigint, event_id uuid, case_id text, attempt integer, kind text, after_ms float8, error jsonb)
  where x.kind <> 'held';
end
$$;
