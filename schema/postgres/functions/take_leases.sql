-- Takes those of some partitions that are free, expired, or left behind by an earlier life of the same node, with each of the
-- processors that is not leased alone there. Every lease has an epoch above all that were drawn in its partition: an era of its
-- own (backends/mailbox/lease_epoch.ts), so that what is leased alone meanwhile has one below it. Returns a row for each
-- processor it hosts, and one without for each lease.
-- Who has locked a lease waits for no row of subscriptions, so that nothing waits for it for long.
create function zaakstroom.take_leases(p_node text, p_lease_ms integer, p_partitions smallint[], p_processors text[])
returns table (partition smallint, epoch bigint, processor text, crashed boolean, in_flight json)
language plpgsql as $$
#variable_conflict use_column
declare
  v_partitions smallint[];
  v_epochs bigint[];
  v_names text[];
begin
  insert into zaakstroom.leases (partition, scope) select p, '' from unnest(p_partitions) p order by p on conflict do nothing;
  with free as materialized (
    select f.partition from zaakstroom.leases f
    where f.partition = any (p_partitions) and f.scope = ''
      and (f.owner is null or f.owner = p_node or f.lease_until < clock_timestamp())
    order by f.partition for update skip locked
  ), taken as (
    update zaakstroom.leases l
    set owner = p_node, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0),
      epoch = (greatest(l.epoch, (select max(s.epoch) from zaakstroom.subscriptions s where s.partition = l.partition))
        / 1000000 + 1) * 1000000
    from free where (l.partition, l.scope) = (free.partition, '')
    returning l.partition, l.epoch
  )
  select array_agg(t.partition), array_agg(t.epoch), array_agg(p.name) into v_partitions, v_epochs, v_names
  from taken t cross join (select null union all select * from unnest(p_processors)) p (name);
  return query select t.*, null::boolean, null::json from unnest(v_partitions, v_epochs, v_names) t (partition, epoch, name)
    where t.name is null;
  return query select j.* from zaakstroom.join_leases(p_node, v_partitions, v_epochs, v_names) j;
end
$$;
