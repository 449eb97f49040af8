-- Trials: what an owner was about to handle, so that a delivery that kills its process is found by the next owner.

-- Written only when an earlier owner died; a settle clears it, in the row it writes anyway.
alter table zaakstroom.subscriptions add column trial json;

-- Writes down which deliveries are about to be handled. False: the lease has moved.
create function zaakstroom.begin_trial(p_processor text, p_partition smallint, p_epoch bigint, p_trial json) returns boolean
language plpgsql as $$
begin
  update zaakstroom.subscriptions s set trial = p_trial
  where (s.processor, s.partition, s.epoch) = (p_processor, p_partition, p_epoch);
  return found;
end
$$;

-- As before, and clears the trial.
create or replace function zaakstroom.move_checkpoint(p_processor text, p_partition smallint, p_epoch bigint, p_from bigint, p_to bigint,
  p_redelivery boolean) returns text
language plpgsql as $$
declare
  v_now record;
begin
  update zaakstroom.subscriptions s
  set checkpoint = case when p_redelivery then s.checkpoint else p_to end, settled_at = clock_timestamp(), trial = null
  where (s.processor, s.partition, s.epoch) = (p_processor, p_partition, p_epoch)
    and (p_redelivery or s.checkpoint = p_from);
  if found then
    return 'settled';
  end if;
  select s.epoch, s.checkpoint into v_now from zaakstroom.subscriptions s
  where (s.processor, s.partition) = (p_processor, p_partition);
  if v_now.epoch is distinct from p_epoch then
    return 'fenced';
  elsif v_now.checkpoint >= p_to then
    return 'already';
  end if;
  raise exception 'checkpoint of % partition % is %, the batch was read at %', p_processor, p_partition, v_now.checkpoint, p_from;
end
$$;

-- As before, and tells what an owner that did not give its lease back left behind.
drop function zaakstroom.take_leases(text, text, integer, smallint[]);
create function zaakstroom.take_leases(p_processor text, p_node text, p_lease_ms integer, p_held smallint[])
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
    update zaakstroom.subscriptions s
    set owner = p_node, epoch = s.epoch + 1,
      lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from (
      select f.partition, f.owner is not null as abandoned from zaakstroom.subscriptions f
      where f.processor = p_processor and f.partition <> all (p_held)
        and (f.owner is null or f.owner = p_node or f.lease_until < clock_timestamp())
      order by f.owner is distinct from p_node, f.partition
      limit greatest(v_share - cardinality(p_held), 0) for update skip locked
    ) free
    where s.processor = p_processor and s.partition = free.partition
    returning s.partition, s.epoch, v_share, free.abandoned, s.trial;
  if not found then
    return query select null::smallint, null::bigint, v_share, null::boolean, null::json;
  end if;
end
$$;

-- As before, and clears the trial: whoever gives a lease back did not die of it.
create or replace function zaakstroom.release_lease(p_processor text, p_partition smallint, p_epoch bigint) returns void
language sql as $$
  update zaakstroom.subscriptions set owner = null, lease_until = null, trial = null
  where (processor, partition, epoch) = (p_processor, p_partition, p_epoch)
$$;
