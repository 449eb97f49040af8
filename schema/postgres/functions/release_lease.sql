-- Gives a lease back, if it is still held under this epoch, with the processors that it hosts. Whatever was in flight is cleared:
-- an owner that gives its lease back did not die of it. A row that something else has locked is not waited for.
create function zaakstroom.release_lease(p_partition smallint, p_scope text, p_epoch bigint, p_processors text[]) returns void
language plpgsql as $$
begin
  update zaakstroom.subscriptions s set owner = null, in_flight = null from (
    select o.processor from zaakstroom.subscriptions o
    where o.processor = any (p_processors) and (o.partition, o.epoch) = (p_partition, p_epoch)
    order by o.processor for update skip locked
  ) o where (s.processor, s.partition) = (o.processor, p_partition);
  delete from zaakstroom.leases l
  where (l.partition, l.scope, l.epoch) = (p_partition, p_scope, p_epoch) and l.scope <> '';
  update zaakstroom.leases l set owner = null, lease_until = null
  where (l.partition, l.scope, l.epoch) = (p_partition, p_scope, p_epoch);
end
$$;
