-- Leases: who may settle which mailbox. All times are the clock of the store.

-- Announces a node and renews what it holds. Returns every mailbox it still holds, with the epoch.
create function zaakstroom.renew_leases(p_node text, p_lease_ms integer) returns table (processor text, partition smallint, epoch bigint)
language plpgsql as $$
begin
  insert into zaakstroom.nodes values (p_node, clock_timestamp())
  on conflict (node) do update set seen_at = excluded.seen_at;
  delete from zaakstroom.nodes n where n.seen_at < clock_timestamp() - interval '1 hour';
  return query
    update zaakstroom.subscriptions s
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    where s.owner = p_node
    returning s.processor, s.partition, s.epoch;
end
$$;

-- Takes leases of a processor that are free, expired, or left behind by an earlier life of the same node, up to the fair
-- share of this node. p_held names the partitions it holds in this life. Every lease taken has a new epoch.
create function zaakstroom.take_leases(p_processor text, p_node text, p_lease_ms integer, p_held smallint[])
returns table (partition smallint, epoch bigint, share integer)
language plpgsql as $$
declare
  v_share integer;
begin
  select ceil((select st.partitions from zaakstroom.store st)::numeric / greatest(count(*), 1))::integer into v_share
  from zaakstroom.nodes n where n.seen_at > clock_timestamp() - make_interval(secs => p_lease_ms / 1000.0);
  insert into zaakstroom.subscriptions (processor, partition)
  select p_processor, i from generate_series(0, (select st.partitions from zaakstroom.store st) - 1) i
  on conflict do nothing;
  return query
    update zaakstroom.subscriptions s
    set owner = p_node, epoch = s.epoch + 1,
      lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from (
      select f.partition from zaakstroom.subscriptions f
      where f.processor = p_processor and f.partition <> all (p_held)
        and (f.owner is null or f.owner = p_node or f.lease_until < clock_timestamp())
      order by f.owner is distinct from p_node, f.partition
      limit greatest(v_share - cardinality(p_held), 0) for update skip locked
    ) free
    where s.processor = p_processor and s.partition = free.partition
    returning s.partition, s.epoch, v_share;
  if not found then
    return query select null::smallint, null::bigint, v_share;
  end if;
end
$$;

-- Gives a lease back, if it is still held under this epoch.
create function zaakstroom.release_lease(p_processor text, p_partition smallint, p_epoch bigint) returns void
language sql as $$
  update zaakstroom.subscriptions set owner = null, lease_until = null
  where (processor, partition, epoch) = (p_processor, p_partition, p_epoch)
$$;
