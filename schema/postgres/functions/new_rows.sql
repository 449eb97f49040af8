-- The rows that are not stored yet, once each. Raises ZS002 when a stored id has other content.
create function zaakstroom.new_rows(p_rows text) returns text
language plpgsql set enable_seqscan = off as $$
declare
  v_conflict uuid;
begin
  select r.event_id into v_conflict
  from zaakstroom.parse_rows(p_rows) r join zaakstroom.events e using (event_id)
  where (e.type, e.case_id) is distinct from (r.event_type, r.case_id) or e.data::jsonb <> r.data::jsonb limit 1;
  if v_conflict is null then
    -- Grouped, not joined with itself: nothing here has an index, and a join would compare every pair.
    select r.event_id into v_conflict from zaakstroom.parse_rows(p_rows) r
    group by r.event_id having count(distinct (r.event_type, r.case_id, r.data::jsonb)) > 1 limit 1;
  end if;
  if v_conflict is not null then
    raise exception 'event id stored with other content' using errcode = 'ZS002', detail = v_conflict::text;
  end if;
  return (
    select coalesce(string_agg(concat_ws(e'\t', r.partition, r.event_id, r.event_type, r.case_id, r.occurred_at,
      r.schema_version, r.metadata, r.data), e'\n' order by r.ord), '')
    from (select distinct on (event_id) * from zaakstroom.parse_rows(p_rows) order by event_id, ord) r
    where not exists (select from zaakstroom.events e where e.event_id = r.event_id));
end
$$;
