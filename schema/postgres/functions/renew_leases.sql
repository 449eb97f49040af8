-- Announces a node and renews what it holds, locking it in the order of the keys. Returns what is still its own.
-- Only what it holds in this life: a node that came back under its name would otherwise renew what its earlier life had held
-- above its share of today, which would belong to it and never be read.
-- All times of leases are the clock of the store.
create function zaakstroom.renew_leases(p_node text, p_lease_ms integer, p_processors text[], p_partitions smallint[],
  p_epochs bigint[])
returns table (processor text, partition smallint, epoch bigint)
language plpgsql set lock_timeout = '200ms' as $$
begin
  insert into zaakstroom.nodes values (p_node, clock_timestamp())
  on conflict (node) do update set seen_at = excluded.seen_at;
  delete from zaakstroom.nodes n where n.seen_at < clock_timestamp() - interval '1 hour';
  begin
    return query
      with mine as materialized (
        select m.processor, m.partition from zaakstroom.subscriptions m
        join unnest(p_processors, p_partitions, p_epochs) as held (processor, partition, epoch)
          using (processor, partition, epoch)
        where m.owner = p_node
        order by m.processor, m.partition for update of m)
      update zaakstroom.subscriptions s
      set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
      from mine where (s.processor, s.partition) = (mine.processor, mine.partition)
      returning s.processor, s.partition, s.epoch;
  exception when lock_not_available then
    -- Something holds a row for long. The others are renewed; it stays with this node until its lease runs out.
    with mine as materialized (
      select m.processor, m.partition from zaakstroom.subscriptions m
      join unnest(p_processors, p_partitions, p_epochs) as held (processor, partition, epoch)
        using (processor, partition, epoch)
      where m.owner = p_node
      order by m.processor, m.partition for update of m skip locked)
    update zaakstroom.subscriptions s
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from mine where (s.processor, s.partition) = (mine.processor, mine.partition);
    return query
      select s.processor, s.partition, s.epoch from zaakstroom.subscriptions s
      join unnest(p_processors, p_partitions, p_epochs) as held (processor, partition, epoch)
        using (processor, partition, epoch)
      where s.owner = p_node;
  end;
end
$$;
