-- Settles a fresh batch (p_redelivered is null) or a redelivery (p_redelivered: see redelivery_settled): outputs, timers,
-- parked deliveries, dead letters and checkpoint in one transaction, fenced by the epoch. p_failures: see park.
-- Returns 'settled', 'already' (this batch was settled before) or 'fenced'.
create function zaakstroom.settle(p_processor text, p_partition smallint, p_epoch bigint, p_from bigint, p_to bigint,
  p_redelivered json, p_outputs text, p_failures json, p_timers json) returns text
language plpgsql set lock_timeout = '10s' set plan_cache_mode = force_generic_plan as $$
declare
  v_verdict text := zaakstroom.advance_checkpoint(array[p_processor], array[p_partition], array[p_epoch],
    array[case when p_redelivered is null then p_from end], array[case when p_redelivered is null then p_to end]);
  v_part text := 'none';
  v_outputs text := p_outputs;
  v_touched text[];
begin
  if v_verdict <> 'settled' then
    return v_verdict;
  end if;
  if p_redelivered is not null
    and zaakstroom.redelivery_settled(p_processor, p_partition, p_redelivered, p_failures) then
    return 'already';
  end if;
  if exists (select from zaakstroom.subscriptions s
      where (s.processor, s.partition) = (p_processor, p_partition) and s.redelivers_to > 0) then
    v_part := zaakstroom.redelivered_part(p_processor, p_partition, p_to, p_redelivered);
  end if;
  if v_part <> 'none' and p_outputs is not null then
    v_outputs := zaakstroom.unstored_outputs(p_processor, p_partition, p_outputs);
  end if;
  if v_outputs is not null then
    perform zaakstroom.insert_idempotent(v_outputs, array[p_partition]);
  end if;
  if p_timers is not null and v_part <> 'all' then
    perform zaakstroom.change_timers(p_timers);
  end if;
  if p_redelivered is not null then
    with done as (
      delete from zaakstroom.parked_deliveries p
      using json_to_recordset(p_redelivered) as r (position bigint, case_id text)
      where (p.processor, p.partition, p.case_id, p.position) = (p_processor, p_partition, r.case_id, r.position)
        and r.position not in (select x.position from json_to_recordset(p_failures) as x (position bigint))
      returning p.case_id
    ) select array_agg(distinct d.case_id) into v_touched from done d;
  end if;
  if p_failures is not null then
    perform zaakstroom.park(p_processor, p_partition, p_failures);
    select v_touched || array_agg(distinct x.case_id) into v_touched
    from json_to_recordset(p_failures) as x (case_id text);
  end if;
  if v_touched is not null then
    perform zaakstroom.promote_heads(p_processor, p_partition, v_touched);
  end if;
  return 'settled';
end
$$;
