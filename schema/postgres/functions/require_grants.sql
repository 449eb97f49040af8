-- Raises ZS003 (detail: why) unless the session's own role may append these rows: types that are granted to it or to anyone, in its
-- own name, with metadata and ids that producers have, in the partitions that it locks and that their cases are in. A decision
-- needs a look at its case that this function does not take: it goes by way of the outbox, where a node takes it.
-- What is raised undoes its transaction, and would undo a line in the trail: refused_appends counts it nonetheless, and the
-- server's log has the role and the reason.
create function zaakstroom.require_grants(p_rows text, p_partitions smallint[]) returns void
language plpgsql as $$
declare
  v_own zaakstroom.producers;
  v_allowed text[] := '{case.intake,case.withdrawn}';
  v_reason text;
begin
  select * into v_own from zaakstroom.producers p where p.name = session_user;
  if v_own.name is null then
    v_reason := format('nothing was granted to %s: it leaves events in the outbox', session_user);
  else
    v_allowed := v_allowed || v_own.allowed;
    select case
        when r.event_type = any (v_own.denied) or r.event_type <> all (v_allowed)
          then format('%s may not send %s', session_user, r.event_type)
        when r.event_type in ('case.decision', 'case.decision_proposed')
          then format('%s leaves a decision in the outbox, where its case is looked at', session_user)
        when r.metadata ->> 'source' is distinct from session_user
            and (not v_own.on_behalf_of or coalesce(r.metadata ->> 'source', '') ~* '^\s*(system|anyone|simulator|)\s*(/|$)')
          then format('metadata.source must be %s', session_user)
        when exists (select from json_object_keys(r.metadata) k
                     where k not in ('schema_version', 'source', 'traceparent', 'tracestate', 'marks'))
          then 'the metadata has a field of the runtime''s own'
        when substr(r.event_id::text, 15, 1) = '8' then 'the id is one that only the runtime gives'
        when r.event_type = 'case.withdrawn' and r.event_type <> all (v_own.allowed)
            and not coalesce((r.metadata -> 'marks')::jsonb ? 'to_be_confirmed', false)
          then 'a withdrawal by anyone is marked to_be_confirmed'
        when r.partition <> all (p_partitions) or exists (
            select from zaakstroom.events e where e.case_id = r.case_id and e.partition <> r.partition)
          then 'the case is of another partition'
      end into v_reason
    from zaakstroom.parse_rows(p_rows) r
    order by 1 nulls last limit 1;
  end if;
  if v_reason is null and v_own.per_minute is not null then
    v_reason := zaakstroom.rate_fault(v_own.name, (select count(*)::integer from zaakstroom.parse_rows(p_rows)));
  end if;
  if v_reason is not null then
    perform nextval('zaakstroom.refused_appends');
    raise exception 'an append of % is not allowed', session_user using errcode = 'ZS003', detail = v_reason;
  end if;
end
$$;
