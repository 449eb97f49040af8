-- Where batches are small, most pulls are for what a settlement made a moment before. So a settlement brings back the next
-- batches of those who wait for it, in the same statement.

-- Settles as settle_together does, and reads as pull_together does what other mailboxes have then. No row: nothing was
-- settled. Whoever appends to a partition holds its lock to the end, and so does a settlement with outputs; what is read
-- after them is therefore all there is up to them.
create function zaakstroom.settle_and_pull(p_processors text[], p_partitions smallint[], p_epochs bigint[],
  p_froms bigint[], p_tos bigint[], p_outputs text, p_timers json,
  p_takers text[], p_taker_partitions smallint[], p_taker_epochs bigint[], p_types text[], p_limits integer[],
  p_bytes integer[])
returns table (kind text, count integer, read_from bigint, read_to bigint, lines text, next_due_ms float8)
language plpgsql set lock_timeout = '10s' set plan_cache_mode = force_generic_plan as $$
begin
  if zaakstroom.settle_together(p_processors, p_partitions, p_epochs, p_froms, p_tos, p_outputs, p_timers) then
    return query select p.* from zaakstroom.pull_together(p_takers, p_taker_partitions, p_taker_epochs, p_types, p_limits,
      p_bytes) p;
  end if;
end
$$;
