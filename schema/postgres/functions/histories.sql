-- The events of the given types that a worker needs to fold the states it lacks: after < version < before, per case. The last version
-- that a case can have has one behind it that is no integer.
-- Read case by case: joined with all cases at once, the whole log was read for a handful of them.
create function zaakstroom.histories(p_needs json, p_types text[]) returns text
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
  return (
    select string_agg(h.line, e'\n' order by n.ord, h.version)
    from rows from (json_to_recordset(p_needs) as ("caseId" text, after integer, before bigint)) with ordinality
      as n ("caseId", after, before, ord)
    cross join lateral (
      select e.version, zaakstroom.delivery_line(e, 0, 0) as line from zaakstroom.events e
      where e.case_id = n."caseId" and e.version > n.after and e.version < n.before and e.type = any (p_types)
      order by e.version) h);
end
$$;
