-- Appends the events of timers that are due at p_now (the clock of the store when null). Returns the partitions to notify.
create function zaakstroom.fire_timers(p_now timestamptz, p_limit integer) returns smallint[]
language plpgsql set lock_timeout = '10s' set plan_cache_mode = force_generic_plan as $$
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
    perform zaakstroom.insert_idempotent(v_rows, v_partitions);
  end if;
  return v_partitions;
end
$$;
