-- Gives dead letters up for good, and lets what was held behind them go on; who and why are kept in the audit trail.
-- Returns the partition of each.
create function zaakstroom.discard(p_processor text, p_case text, p_position bigint, p_limit integer, p_by text, p_why text)
returns smallint[]
language plpgsql as $$
declare
  v_chosen zaakstroom.parked_deliveries;
  v_partitions smallint[] := '{}';
begin
  for v_chosen in select * from zaakstroom.select_stopped('dead', p_processor, p_case, p_position, p_limit) loop
    -- The evidence moves into the audit trail: nothing about a delivery that was given up for good is forgotten.
    insert into zaakstroom.event_log (act, by, why, case_id, processor, event_id, details)
    values ('discard', p_by, p_why, v_chosen.case_id, v_chosen.processor, v_chosen.event_id,
      jsonb_build_object('attempts', v_chosen.attempts, 'failures', v_chosen.failures));
    delete from zaakstroom.parked_deliveries p
    where (p.processor, p.partition, p.case_id, p.position)
      = (v_chosen.processor, v_chosen.partition, v_chosen.case_id, v_chosen.position);
    perform zaakstroom.promote_heads(v_chosen.processor, v_chosen.partition, array[v_chosen.case_id]);
    v_partitions := v_partitions || v_chosen.partition;
  end loop;
  return v_partitions;
end
$$;
