-- A node that died and came back under its name, when others had joined meanwhile, took its share of what its earlier life
-- had held and renewed all of it: the rest belonged to it and was never read. It renews what it holds in this life only.

-- As before, taking no more than is asked for: joined to a subquery with a limit, an update may run that subquery once for
-- each row, and find others each time. (A node took everything, and handed most of it over.)
create or replace function zaakstroom.take_leases(p_processor text, p_node text, p_lease_ms integer, p_held smallint[])
returns table (partition smallint, epoch bigint, share integer, abandoned boolean, trial json)
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
      select f.partition, f.owner is not null as abandoned from zaakstroom.subscriptions f
      where f.processor = p_processor and f.partition <> all (p_held)
        and (f.owner is null or f.owner = p_node or f.lease_until < clock_timestamp())
      order by f.owner is distinct from p_node, f.partition
      limit greatest(v_share - cardinality(p_held), 0) for update skip locked)
    update zaakstroom.subscriptions s
    set owner = p_node, epoch = s.epoch + 1,
      lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from free where s.processor = p_processor and s.partition = free.partition
    returning s.partition, s.epoch, v_share, free.abandoned, s.trial;
  if not found then
    return query select null::smallint, null::bigint, v_share, null::boolean, null::json;
  end if;
end
$$;

-- Announces a node and renews what it holds, locking it in the order of the keys. Returns what is still its own.
drop function zaakstroom.renew_leases(text, integer);
create function zaakstroom.renew_leases(p_node text, p_lease_ms integer, p_processors text[], p_partitions smallint[],
  p_epochs bigint[])
returns table (processor text, partition smallint, epoch bigint)
language plpgsql as $$
begin
  insert into zaakstroom.nodes values (p_node, clock_timestamp())
  on conflict (node) do update set seen_at = excluded.seen_at;
  delete from zaakstroom.nodes n where n.seen_at < clock_timestamp() - interval '1 hour';
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
end
$$;
