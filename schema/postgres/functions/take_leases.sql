-- Takes leases of a processor that are free, expired, or left behind by an earlier life of the same node, up to the fair
-- share of this node. p_held names the partitions it holds in this life. Every lease taken has a new epoch; crashed means
-- that its owner did not give it back, and in_flight is what that owner was about to handle. Without any lease to take: one
-- row with the share alone.
-- The free ones are a materialized list: joined to a subquery with a limit, an update may run that subquery once for each
-- row and find others each time, and a node then takes everything.
create function zaakstroom.take_leases(p_processor text, p_node text, p_lease_ms integer, p_held smallint[])
returns table (partition smallint, epoch bigint, share integer, crashed boolean, in_flight json)
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
    with free as materialized (
      select f.partition, f.owner is not null as crashed from zaakstroom.subscriptions f
      where f.processor = p_processor and f.partition <> all (p_held)
        and (f.owner is null or f.owner = p_node or f.lease_until < clock_timestamp())
      order by f.owner is distinct from p_node, f.partition
      limit greatest(v_share - cardinality(p_held), 0) for update skip locked)
    update zaakstroom.subscriptions s
    set owner = p_node, epoch = s.epoch + 1,
      lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from free where s.processor = p_processor and s.partition = free.partition
    returning s.partition, s.epoch, v_share, free.crashed, s.in_flight;
  if not found then
    return query select null::smallint, null::bigint, v_share, null::boolean, null::json;
  end if;
end
$$;
