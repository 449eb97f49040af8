-- Of the outputs of a processor that was rewound, those that are left to store: without those whose id is stored already, made by
-- the same processor (of whatever version) from the same input. How many of these came out otherwise is counted.
create function zaakstroom.unstored_outputs(p_processor text, p_partition smallint, p_outputs text) returns text
language plpgsql set enable_seqscan = off as $$
declare
  v_differences integer;
  v_rest text;
begin
  with own as materialized (
    select r.event_id, (e.type, e.case_id) is distinct from (r.event_type, r.case_id) or e.data::jsonb <> r.data::jsonb as differs
    from zaakstroom.parse_rows(p_outputs) r join zaakstroom.events e using (event_id)
    where e.metadata ->> 'causation_id' = r.metadata ->> 'causation_id'
      and substring(e.metadata ->> 'source' from '^(.+)@[0-9]+$') = substring(r.metadata ->> 'source' from '^(.+)@[0-9]+$')
  )
  select (select count(*) filter (where o.differs) from own o), string_agg(l.line, e'\n' order by l.ord)
  into v_differences, v_rest
  from string_to_table(p_outputs, e'\n') with ordinality as l (line, ord)
  where p_outputs <> '' and split_part(l.line, e'\t', 2)::uuid not in (select o.event_id from own o);
  if v_differences > 0 then
    update zaakstroom.subscriptions s set differences = s.differences + v_differences
    where (s.processor, s.partition) = (p_processor, p_partition);
  end if;
  return v_rest;
end
$$;
