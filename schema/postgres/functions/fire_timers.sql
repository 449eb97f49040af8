-- Appends the events of timers that are due at p_now (the clock of the store when null). Returns the partitions to notify.
-- A timer whose event can't be stored is put in the inbox as it is, so that it holds up no other.
create function zaakstroom.fire_timers(p_now timestamptz, p_limit integer) returns smallint[]
language plpgsql set lock_timeout = '10s' set plan_cache_mode = force_generic_plan as $$
declare
  v_now timestamptz := coalesce(p_now, clock_timestamp());
  v_partitions smallint[];
  v_timer zaakstroom.timers;
begin
  -- Partition locks come first, as in settle: a timer that is changed meanwhile is then seen as changed.
  select array_agg(distinct d.partition order by d.partition) into v_partitions
  from (select t.partition from zaakstroom.timers t where t.due_at <= v_now order by t.due_at limit p_limit) d;
  if v_partitions is null then
    return '{}';
  end if;
  perform zaakstroom.lock_partitions(v_partitions);
  begin
    perform zaakstroom.append_timers(v_now, v_partitions, p_limit);
  exception when data_exception or integrity_constraint_violation or sqlstate 'ZS002' then
    for v_timer in
      select * from zaakstroom.timers t where t.due_at <= v_now and t.partition = any (v_partitions)
      order by t.due_at limit p_limit
    loop
      begin
        perform zaakstroom.insert_idempotent(v_timer.row, v_partitions);
      exception when data_exception or integrity_constraint_violation or sqlstate 'ZS002' then
        insert into zaakstroom.outbox (event, refused_for)
        values (to_json(v_timer.row), format('the event of a timer of %s can''t be stored (%s)', v_timer.processor, sqlstate));
      end;
      delete from zaakstroom.timers t
      where (t.processor, t.case_id, t.name) = (v_timer.processor, v_timer.case_id, v_timer.name);
    end loop;
  end;
  return v_partitions;
end
$$;
