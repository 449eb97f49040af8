-- Settles as settle_group does, and reads as fetch_group does what other mailboxes have then. No row: nothing was settled.
-- Where batches are small, most fetches are for what a settlement made a moment before: so the settlement brings back the
-- next batches of the mailboxes that wait for it. An append to a partition holds its lock to the end, and so does a
-- settlement with outputs; what is read after them is therefore all there is up to them.
create function zaakstroom.settle_and_fetch(p_processors text[], p_partitions smallint[], p_epochs bigint[],
  p_froms bigint[], p_tos bigint[], p_outputs text, p_timers json,
  p_recipients text[], p_recipient_partitions smallint[], p_recipient_epochs bigint[], p_types text[], p_limits integer[],
  p_bytes integer[])
returns table (kind text, count integer, read_from bigint, read_to bigint, lines text, next_due_ms float8)
language plpgsql set lock_timeout = '1s' set plan_cache_mode = force_generic_plan as $$
begin
  if zaakstroom.settle_group(p_processors, p_partitions, p_epochs, p_froms, p_tos, p_outputs, p_timers) then
    return query select f.* from zaakstroom.fetch_group(p_recipients, p_recipient_partitions, p_recipient_epochs, p_types,
      p_limits, p_bytes) f;
  end if;
end
$$;
