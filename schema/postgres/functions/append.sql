-- Appends all p_count rows or none. p_expected is null (any), 0 (no such case yet) or the exact version of the one case.
-- Runs with the rights of its owner. Who may not write the log itself may append where something was granted to it: that, and what
-- anyone may, under its own name.
-- Raises ZS001 (detail: the version found) on a version conflict, ZS002 (detail: the id) on an id with other content, and ZS003
-- (detail: why) on what is not allowed.
create function zaakstroom.append(p_partitions smallint[], p_rows text, p_count integer, p_expected integer default null,
  out stored integer, out last_position bigint, out last_version integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '10s' set plan_cache_mode = force_generic_plan as $$
declare
  v_case text;
  v_actual integer;
begin
  if not has_table_privilege(session_user, 'zaakstroom.events', 'insert') then
    perform zaakstroom.require_grants(p_rows, p_partitions);
  end if;
  if p_expected is not null then
    perform zaakstroom.lock_partitions(p_partitions);
    if zaakstroom.new_rows(p_rows) <> '' then
      select r.case_id into v_case from zaakstroom.parse_rows(p_rows) r limit 1;
      select coalesce(max(e.version), 0) into v_actual from zaakstroom.events e where e.case_id = v_case;
      if v_actual <> p_expected then
        raise exception 'version conflict' using errcode = 'ZS001', detail = v_actual::text;
      end if;
    end if;
  end if;
  select * into stored, last_position, last_version from zaakstroom.insert_idempotent(p_rows, p_partitions);
  if stored < p_count then
    select e.position, e.version into last_position, last_version
    from zaakstroom.parse_rows(p_rows) r join zaakstroom.events e using (event_id) order by r.ord desc limit 1;
  end if;
end
$$;
