-- A line in the trail for an append that was not allowed, in the name that the server proves. Whoever has no business here
-- leaves none.
create function zaakstroom.record_refusal(p_why text, p_producer text default null) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into zaakstroom.event_log (act, by, why, case_id)
  select 'refused', case when t.trusted then coalesce(p_producer, session_user) else session_user end, left(p_why, 500), 'producers'
  from (select has_table_privilege(session_user, 'zaakstroom.events', 'insert')) as t (trusted)
  where t.trusted or exists (select from zaakstroom.producers p where p.name = session_user)
$$;
