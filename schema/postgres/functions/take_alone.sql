-- Leases processors alone that the holder of their partition does not host: each of p_processors in p_partitions at the same
-- place, if it is free, expired, or left behind by an earlier life of the same node. Their epochs stay below the era of the
-- partition's lease, which they may join. Returns what join_leases does.
create function zaakstroom.take_alone(p_node text, p_lease_ms integer, p_partitions smallint[], p_processors text[])
returns table (partition smallint, epoch bigint, processor text, crashed boolean, in_flight json)
language plpgsql as $$
#variable_conflict use_column
declare
  v_locked smallint[];
begin
  insert into zaakstroom.subscriptions (processor, partition)
  select w.processor, w.partition from unnest(p_processors, p_partitions) w (processor, partition)
  order by w.processor, w.partition on conflict do nothing;
  -- While a partition is taken or joined, nothing of it is leased alone.
  select array_agg(l.partition) into v_locked from (
    select l.partition from zaakstroom.leases l
    where l.scope = '' and l.partition = any (p_partitions) order by l.partition for update skip locked) l;
  return query
    with free as materialized (
      select s.processor, s.partition, s.owner is not null as crashed, s.in_flight
      from unnest(p_processors, p_partitions) w (processor, partition)
      join zaakstroom.leases l on (l.partition, l.scope) = (w.partition, '')
      join zaakstroom.subscriptions s on (s.processor, s.partition) = (w.processor, w.partition)
      left join zaakstroom.leases a on (a.partition, a.scope) = (w.partition, w.processor)
      where w.partition = any (v_locked) and s.epoch <> l.epoch and (s.epoch + 1) % 1000000 <> 0
        and (a.owner is null or a.owner = p_node or a.lease_until < clock_timestamp())
      order by s.processor, s.partition for update of s skip locked
    ), taken as (
      update zaakstroom.subscriptions s set owner = p_node, epoch = s.epoch + 1
      from free where (s.processor, s.partition) = (free.processor, free.partition)
      returning s.partition, s.epoch, s.processor, free.crashed, free.in_flight
    ), leased as (
      insert into zaakstroom.leases (partition, scope, owner, epoch, lease_until)
      select t.partition, t.processor, p_node, t.epoch, clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
      from taken t order by t.partition, t.processor
      on conflict on constraint leases_pkey do update
      set owner = excluded.owner, epoch = excluded.epoch, lease_until = excluded.lease_until
    )
    select t.* from taken t;
end
$$;
