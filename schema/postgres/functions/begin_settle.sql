-- Everything of a settlement but its outputs, which follow by COPY in the same transaction if this answers 'settled'.
-- COPY takes half the database's time of an insert: rows are read once, reach the heap page by page, and come with their
-- versions. (An append, whose events are of all partitions, would hold all their locks for longer than an insert does,
-- which finds its rows' places before it takes them.) p_types and p_versions: the kinds of the outputs.
create function zaakstroom.begin_settle(p_processor text, p_partition smallint, p_epoch bigint, p_from bigint, p_to bigint,
  p_redelivered json, p_failures json, p_timers json, p_types text[], p_versions smallint[]) returns text
language plpgsql set lock_timeout = '10s' set plan_cache_mode = force_generic_plan as $$
declare
  v_verdict text;
begin
  -- Positions are drawn by the COPY, so the lock of the partition is taken here: after the fence and before the timers, in
  -- the order of settle, so that two owners never wait for each other.
  perform from zaakstroom.subscriptions s where (s.processor, s.partition) = (p_processor, p_partition) for update;
  perform zaakstroom.lock_partitions(array[p_partition]);
  v_verdict := zaakstroom.settle(p_processor, p_partition, p_epoch, p_from, p_to, p_redelivered, null, p_failures, p_timers);
  if v_verdict = 'settled' then
    perform zaakstroom.register_event_kinds(p_types, p_versions);
  end if;
  return v_verdict;
end
$$;
