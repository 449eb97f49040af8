-- Settles fresh batches of several mailboxes that have outputs and timers and no failures, all or none. False: nothing was
-- done, because one of them was settled before, redelivers, or its lease has moved; settle answers for each which it is.
-- Several go in one statement because, where many mailboxes have a little to do, a statement and a commit cost more than
-- what is done for their deliveries. A row that something else holds fails all of them within a second: each then settles by
-- itself, and only the one that is held waits for longer.
create function zaakstroom.settle_group(p_processors text[], p_partitions smallint[], p_epochs bigint[],
  p_froms bigint[], p_tos bigint[], p_outputs text, p_timers json) returns boolean
language plpgsql set lock_timeout = '1s' set plan_cache_mode = force_generic_plan as $$
begin
  -- What a rewound processor had done before is settled by itself.
  if exists (select from zaakstroom.subscriptions s join unnest(p_processors, p_partitions, p_tos) as b (processor, partition, upto)
      on (s.processor, s.partition) = (b.processor, b.partition) where b.upto <= s.redelivers_to) then
    return false;
  end if;
  if zaakstroom.advance_checkpoint(p_processors, p_partitions, p_epochs, p_froms, p_tos) <> 'settled' then
    return false;
  end if;
  if p_outputs is not null then
    perform zaakstroom.insert_idempotent(p_outputs,
      array(select distinct p.partition from unnest(p_partitions) as p (partition) order by 1));
  end if;
  if p_timers is not null then
    perform zaakstroom.change_timers(p_timers);
  end if;
  return true;
end
$$;
