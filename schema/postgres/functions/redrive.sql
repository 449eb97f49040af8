-- Makes dead letters due again with a fresh count of attempts; who and why are kept in the audit trail. Returns the
-- partition of each.
create function zaakstroom.redrive(p_processor text, p_case text, p_position bigint, p_limit integer, p_by text, p_why text)
returns smallint[]
language sql as $$
  with chosen as (select * from zaakstroom.select_stopped('dead', p_processor, p_case, p_position, p_limit)),
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
