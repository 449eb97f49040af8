-- The fence of a pass: locks the mailboxes, and where it made something the partition, and says whether it may be settled. 'settled' if
-- each mailbox is held under its epoch and stands where the pass was read, and if each whose p_types are not null (it handled
-- what the pass made) has nothing unread of them behind its last line. Otherwise 'fenced' (a lease has moved), 'already' (it
-- was settled before) or 'behind'. Locks are taken in the order of settle, and rows in that of their keys.
create function zaakstroom.begin_pass(p_partition smallint, p_processors text[], p_epochs bigint[], p_froms bigint[],
  p_tos bigint[], p_types text[], p_makes boolean) returns text
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
declare
  v_now record;
begin
  select count(*) filter (where h.epoch = h.held_under) = cardinality(p_processors) as is_held,
    bool_and(h.checkpoint = h.start) as is_next, bool_and(h.checkpoint > h.start and h.checkpoint >= h.upto) as is_done
  into v_now
  from (
    select s.epoch, s.checkpoint, b.held_under, b.start, b.upto from zaakstroom.subscriptions s
    join unnest(p_processors, p_epochs, p_froms, p_tos) as b (processor, held_under, start, upto)
      on (s.processor, s.partition) = (b.processor, p_partition)
    order by s.processor for update of s) h;
  if not v_now.is_held then
    return 'fenced';
  elsif v_now.is_done then
    return 'already';
  elsif not v_now.is_next then
    raise exception 'a checkpoint of partition % is not where its pass was read', p_partition;
  elsif not p_makes then
    return 'settled';
  end if;
  perform zaakstroom.lock_partitions(array[p_partition]);
  if exists (
    select from unnest(p_types, p_froms, p_tos) as b (types, start, upto)
    cross join lateral unnest(string_to_array(b.types, ',')) as t (type)
    cross join lateral (select from zaakstroom.events e
      where e.partition = p_partition and e.type = t.type and e.position > greatest(b.start, b.upto) limit 1) unread) then
    return 'behind';
  end if;
  return 'settled';
end
$$;
