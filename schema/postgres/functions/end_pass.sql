-- Moves the checkpoints of a pass that begin_pass let through: to the last line of each mailbox, and behind what the pass made
-- (p_last) where its p_types are not null. Then its timers.
create function zaakstroom.end_pass(p_partition smallint, p_processors text[], p_froms bigint[], p_tos bigint[],
  p_types text[], p_last bigint, p_timers json) returns void
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
begin
  update zaakstroom.subscriptions s
  set checkpoint = case when b.types is null then greatest(b.start, b.upto) else p_last end,
    settled_at = clock_timestamp(), in_flight = null
  from unnest(p_processors, p_froms, p_tos, p_types) as b (processor, start, upto, types)
  where (s.processor, s.partition) = (b.processor, p_partition);
  if p_timers is not null then
    perform zaakstroom.change_timers(p_timers);
  end if;
end
$$;
