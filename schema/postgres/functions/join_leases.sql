-- Hosts processors under leases of partitions that this node holds: each of p_processors under the lease of p_partitions and
-- p_epochs at the same place; a null is left out. What is leased alone, or locked by something else, is left out. A crashed owner did not give
-- its processor back, and in_flight is what it was about to handle.
create function zaakstroom.join_leases(p_node text, p_partitions smallint[], p_epochs bigint[], p_processors text[])
returns table (partition smallint, epoch bigint, processor text, crashed boolean, in_flight json)
language plpgsql as $$
#variable_conflict use_column
begin
  insert into zaakstroom.subscriptions (processor, partition)
  select w.processor, w.partition from unnest(p_processors, p_partitions) w (processor, partition)
  where w.processor is not null order by w.processor, w.partition on conflict do nothing;
  -- Locked before it is read who has leased what alone, so that nobody does so meanwhile.
  perform from zaakstroom.leases l
  where l.scope = '' and l.owner = p_node
    and (l.partition, l.epoch) in (select w.* from unnest(p_partitions, p_epochs) w)
  order by l.partition for update;
  delete from zaakstroom.leases a using (
    select o.partition, o.scope from zaakstroom.leases o
    join unnest(p_partitions, p_processors) w (partition, scope) using (partition, scope)
    where o.lease_until < clock_timestamp() for update of o skip locked
  ) o where (a.partition, a.scope) = (o.partition, o.scope);
  return query
    with free as materialized (
      select s.processor, s.partition, l.epoch, s.owner is not null as crashed, s.in_flight
      from unnest(p_processors, p_partitions, p_epochs) w (processor, partition, epoch)
      join zaakstroom.leases l on (l.partition, l.scope, l.epoch, l.owner) = (w.partition, '', w.epoch, p_node)
      join zaakstroom.subscriptions s on (s.processor, s.partition) = (w.processor, w.partition)
      where s.epoch <= l.epoch
        and not exists (select from zaakstroom.leases a where (a.partition, a.scope) = (w.partition, w.processor))
      order by s.processor, s.partition for update of s skip locked)
    update zaakstroom.subscriptions s set owner = p_node, epoch = free.epoch
    from free where (s.processor, s.partition) = (free.processor, free.partition)
    returning s.partition, s.epoch, s.processor, free.crashed, free.in_flight;
end
$$;
