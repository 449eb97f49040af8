-- What a person does with dead letters. Both acts lock the mailbox's row first, as settle does, so that neither can slip
-- between a settle's reading and its writing; both leave who and why in the audit trail.

create function zaakstroom.select_dead(p_processor text, p_case text, p_position bigint, p_limit integer)
returns setof zaakstroom.parked_deliveries
language plpgsql as $$
begin
  perform s.epoch from zaakstroom.subscriptions s
  where exists (select from zaakstroom.parked_deliveries p
    where (p.processor, p.partition) = (s.processor, s.partition) and p.state = 'dead'
      and (p_processor is null or p.processor = p_processor) and (p_case is null or p.case_id = p_case)
      and (p_position is null or p.position = p_position))
  order by s.processor, s.partition for update;
  return query
    select * from zaakstroom.parked_deliveries p
    where p.state = 'dead' and (p_processor is null or p.processor = p_processor) and (p_case is null or p.case_id = p_case)
      and (p_position is null or p.position = p_position)
    order by p.position limit p_limit;
end
$$;

create function zaakstroom.redrive(p_processor text, p_case text, p_position bigint, p_limit integer, p_by text, p_why text)
returns smallint[]
language sql as $$
  with chosen as (select * from zaakstroom.select_dead(p_processor, p_case, p_position, p_limit)),
  redriven as (
    update zaakstroom.parked_deliveries p set state = 'retry', due_at = clock_timestamp(), attempts = 0
    from chosen c where (p.processor, p.partition, p.case_id, p.position) = (c.processor, c.partition, c.case_id, c.position)
    returning p.*
  ), logged as (
    insert into zaakstroom.event_log (act, by, why, case_id, processor, event_id)
    select 'redrive', p_by, p_why, r.case_id, r.processor, r.event_id from redriven r
  )
  select coalesce(array_agg(r.partition), '{}') from redriven r
$$;

create function zaakstroom.discard(p_processor text, p_case text, p_position bigint, p_limit integer, p_by text, p_why text)
returns smallint[]
language plpgsql as $$
declare
  v_chosen zaakstroom.parked_deliveries;
  v_partitions smallint[] := '{}';
begin
  for v_chosen in select * from zaakstroom.select_dead(p_processor, p_case, p_position, p_limit) loop
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
