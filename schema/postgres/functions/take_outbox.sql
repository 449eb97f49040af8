-- The next rows of the outbox in the order of their ids, at most p_limit of them and about p_bytes of text. One transaction at
-- a time is given any: two that share the rows would append the later ones of a case first. The lock ends after the commit is
-- visible, so the next one sees what is left. A row that is locked by another transaction is reported as such, and the
-- caller leaves the later rows of its case where they are. is_owner: the producer may write the log itself.
create function zaakstroom.take_outbox(p_limit integer, p_bytes integer)
returns table (id bigint, event text, locked boolean, producer text, is_owner boolean)
language plpgsql as $$
declare
  v_row record;
  v_bytes bigint := 0;
begin
  perform from zaakstroom.locks l where (l.kind, l.number) = ('outbox', 0) for update skip locked;
  if not found then
    return;
  end if;
  for v_row in
    select o.id, o.event, o.producer from zaakstroom.outbox o where o.refused_for is null order by o.id limit p_limit
  loop
    event := v_row.event::text;
    v_bytes := v_bytes + octet_length(event);
    exit when v_bytes > p_bytes and id is not null;
    id := v_row.id;
    producer := v_row.producer;
    is_owner := exists (select from pg_roles r where r.rolname = v_row.producer
      and has_table_privilege(r.oid, 'zaakstroom.events', 'insert'));
    perform from zaakstroom.outbox o where o.id = v_row.id and o.refused_for is null for update skip locked;
    locked := not found;
    return next;
  end loop;
end
$$;
