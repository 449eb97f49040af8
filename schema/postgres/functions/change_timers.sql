-- Sets and cancels timers, of cases of any partitions: a timer's row begins with the partition of its case.
-- Each: kind (set, cancel), processor, caseId, name; to set one, also at and row (see parse_rows).
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
