-- The grants as the session's role may know them: all of them where it may write the log itself, or else its own.
create function zaakstroom.known_grants() returns setof zaakstroom.producers
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.* from zaakstroom.producers p
  where p.name = session_user or has_table_privilege(session_user, 'zaakstroom.events', 'insert')
$$;
