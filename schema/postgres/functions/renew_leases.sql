-- Announces a node and renews what it holds, a row a lease, locking it in the order of the keys. Returns what is still its own.
-- Only what it holds in this life: a node that came back under its name would otherwise renew what its earlier life had held
-- above its share of today, which would belong to it and never be read.
-- All times of leases are the clock of the store.
create function zaakstroom.renew_leases(p_node text, p_lease_ms integer, p_names text[], p_partitions smallint[],
  p_scopes text[], p_epochs bigint[])
returns table (partition smallint, scope text, epoch bigint)
language plpgsql set lock_timeout = '200ms' as $$
begin
  insert into zaakstroom.nodes (node, seen_at, processors) values (p_node, clock_timestamp(), p_names)
  on conflict (node) do update set seen_at = excluded.seen_at, processors = excluded.processors;
  delete from zaakstroom.nodes n where n.seen_at < clock_timestamp() - interval '1 hour';
  begin
    return query
      with mine as materialized (
        select m.partition, m.scope from zaakstroom.leases m
        join unnest(p_partitions, p_scopes, p_epochs) as held (partition, scope, epoch) using (partition, scope, epoch)
        where m.owner = p_node
        order by m.partition, m.scope for update of m)
      update zaakstroom.leases l
      set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
      from mine where (l.partition, l.scope) = (mine.partition, mine.scope)
      returning l.partition, l.scope, l.epoch;
  exception when lock_not_available then
    -- Something holds a row for long. The others are renewed; it stays with this node until its lease runs out.
    with mine as materialized (
      select m.partition, m.scope from zaakstroom.leases m
      join unnest(p_partitions, p_scopes, p_epochs) as held (partition, scope, epoch) using (partition, scope, epoch)
      where m.owner = p_node
      order by m.partition, m.scope for update of m skip locked)
    update zaakstroom.leases l
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from mine where (l.partition, l.scope) = (mine.partition, mine.scope);
    return query
      select l.partition, l.scope, l.epoch from zaakstroom.leases l
      join unnest(p_partitions, p_scopes, p_epochs) as held (partition, scope, epoch) using (partition, scope, epoch)
      where l.owner = p_node;
  end;
end
$$;
