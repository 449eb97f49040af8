-- Appends the events of the timers of these partitions that are due, and removes the timers. The caller holds the locks.
create function zaakstroom.append_timers(p_now timestamptz, p_partitions smallint[], p_limit integer) returns void
language plpgsql as $$
declare
  v_rows text;
begin
  with fired as (
    delete from zaakstroom.timers t using (
      select u.processor, u.case_id, u.name from zaakstroom.timers u
      where u.due_at <= p_now and u.partition = any (p_partitions) order by u.due_at limit p_limit) d
    where (t.processor, t.case_id, t.name) = (d.processor, d.case_id, d.name)
    returning t.due_at, t.case_id, t.name, t.row
  ) select string_agg(f.row, e'\n' order by f.due_at, f.case_id, f.name) into v_rows from fired f;
  if v_rows is not null then
    perform zaakstroom.insert_idempotent(v_rows, p_partitions);
  end if;
end
$$;
