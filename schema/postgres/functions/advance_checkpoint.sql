-- The fence of a settlement, for one mailbox or several: moves their checkpoints if each is held under its epoch and stands
-- where its batch was read, or moves none. A null in p_froms and p_tos is a redelivery, whose checkpoint stays where it is.
-- Rows are found by their key only: the table is small, but a scan reads the dead versions of its rows too.
-- Returns 'settled', or what is in the way: 'fenced' (a lease has moved) or 'already' (a batch was settled before).
create function zaakstroom.advance_checkpoint(p_processors text[], p_partitions smallint[], p_epochs bigint[],
  p_froms bigint[], p_tos bigint[]) returns text
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_held integer := 1;
  v_now record;
begin
  -- Several are locked first, to move all or none: in the order of their keys, so that two transactions that lock several
  -- never wait for each other. Who takes, joins or gives back leases waits for no row here.
  if cardinality(p_processors) > 1 then
    select count(*) into v_held from (
      select from zaakstroom.subscriptions s
      join unnest(p_processors, p_partitions, p_epochs, p_froms) as b (processor, partition, epoch, start)
        on (s.processor, s.partition, s.epoch, s.checkpoint)
          = (b.processor, b.partition, b.epoch, coalesce(b.start, s.checkpoint))
      order by s.processor, s.partition for update of s) as held;
  end if;
  if v_held = cardinality(p_processors) then
    update zaakstroom.subscriptions s
    set checkpoint = coalesce(b.upto, s.checkpoint), settled_at = clock_timestamp(), in_flight = null
    from unnest(p_processors, p_partitions, p_epochs, p_froms, p_tos) as b (processor, partition, epoch, start, upto)
    where (s.processor, s.partition, s.epoch, s.checkpoint)
      = (b.processor, b.partition, b.epoch, coalesce(b.start, s.checkpoint));
    if found then
      return 'settled';
    end if;
  end if;
  select b.*, s.checkpoint, s.epoch is distinct from b.epoch as is_fenced into v_now
  from unnest(p_processors, p_partitions, p_epochs, p_froms, p_tos) as b (processor, partition, epoch, start, upto)
  left join zaakstroom.subscriptions s on (s.processor, s.partition) = (b.processor, b.partition)
  where s.epoch is distinct from b.epoch or s.checkpoint <> b.start limit 1;
  if v_now.is_fenced then
    return 'fenced';
  elsif v_now.checkpoint >= v_now.upto then
    return 'already';
  end if;
  raise exception 'checkpoint of % partition % is %, the batch was read at %',
    v_now.processor, v_now.partition, v_now.checkpoint, v_now.start;
end
$$;
