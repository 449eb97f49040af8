-- A line in the trail for an append that was not allowed, in the name that the server proves. Whoever has no business here
-- leaves none. p_raised: append has refused it, and counted it.
create function zaakstroom.record_refusal(p_why text, p_producer text default null, p_raised boolean default false) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into zaakstroom.event_log (act, by, why, case_id, details)
  select 'refused', case when t.trusted then coalesce(p_producer, session_user) else session_user end, left(p_why, 500), 'producers',
    case when p_raised then jsonb '{"raised":true}' end
  from (select has_table_privilege(session_user, 'zaakstroom.events', 'insert')) as t (trusted)
  where t.trusted or exists (select from zaakstroom.producers p where p.name = session_user)
$$;
