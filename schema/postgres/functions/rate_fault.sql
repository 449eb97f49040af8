-- Counts events of a producer within its minute. Returns why they are more than its rate, and counts them all the same; null
-- where they are not. Nodes count for everybody, producers for themselves alone; neither may change what was granted.
create function zaakstroom.rate_fault(p_name text, p_count integer) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_producer zaakstroom.producers;
begin
  update zaakstroom.producers p set
    sent = case when p.minute_at > clock_timestamp() - interval '1 minute' then p.sent else 0 end + p_count,
    minute_at = case when p.minute_at > clock_timestamp() - interval '1 minute' then p.minute_at else clock_timestamp() end
  where p.name = p_name and p.per_minute is not null
    and (p.name = session_user or has_table_privilege(session_user, 'zaakstroom.events', 'insert'))
  returning * into v_producer;
  if v_producer.sent > v_producer.per_minute then
    return format('%s sends more than %s events a minute', p_name, v_producer.per_minute);
  end if;
  return null;
end
$$;
