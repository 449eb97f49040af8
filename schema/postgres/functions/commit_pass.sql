-- Settles a pass in one statement: all of it, or nothing unless the answer is 'settled' (see begin_pass). p_outputs: output lines,
-- which get the versions that they name; a version or an id that is taken violates its uniqueness, and undoes everything.
create function zaakstroom.commit_pass(p_partition smallint, p_processors text[], p_epochs bigint[], p_froms bigint[],
  p_tos bigint[], p_types text[], p_outputs text, p_timers json) returns text
language plpgsql set lock_timeout = '10s' set plan_cache_mode = force_generic_plan as $$
declare
  v_verdict text := zaakstroom.begin_pass(p_partition, p_processors, p_epochs, p_froms, p_tos, p_types, p_outputs is not null);
  v_now timestamptz;
  v_last bigint;
begin
  if v_verdict <> 'settled' then
    return v_verdict;
  end if;
  if p_outputs is not null then
    v_now := date_trunc('milliseconds', clock_timestamp());
    with inserted as (
      insert into zaakstroom.events
        (version, partition, event_id, type, case_id, occurred_at, schema_version, recorded_at, metadata, data)
      select split_part(l.line, e'\t', 1)::integer, split_part(l.line, e'\t', 2)::smallint, split_part(l.line, e'\t', 3)::uuid,
        split_part(l.line, e'\t', 4), split_part(l.line, e'\t', 5), split_part(l.line, e'\t', 6)::timestamptz,
        split_part(l.line, e'\t', 7)::smallint, v_now, split_part(l.line, e'\t', 8)::json, split_part(l.line, e'\t', 9)::json
      from string_to_table(p_outputs, e'\n') with ordinality as l (line, ord) order by l.ord
      returning position, type, schema_version
    ), kinds as (
      insert into zaakstroom.event_kinds
      select distinct i.type, i.schema_version from inserted i
      where not exists (select from zaakstroom.event_kinds k where (k.type, k.schema_version) = (i.type, i.schema_version))
      order by 1, 2
      on conflict do nothing
    )
    select max(i.position) into v_last from inserted i;
  end if;
  perform zaakstroom.end_pass(p_partition, p_processors, p_froms, p_tos, p_types, v_last, p_timers);
  return 'settled';
end
$$;
