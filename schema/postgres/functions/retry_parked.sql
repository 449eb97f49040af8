-- Makes parked deliveries due now, their attempts going on being counted; who and why are kept in the audit trail. Returns the
-- partition of each.
create function zaakstroom.retry_parked(p_processor text, p_case text, p_position bigint, p_limit integer, p_by text, p_why text)
returns smallint[]
language sql as $$
  with chosen as (select * from zaakstroom.select_stopped('retry', p_processor, p_case, p_position, p_limit)),
  advanced as (
    update zaakstroom.parked_deliveries p set due_at = clock_timestamp()
    from chosen c where (p.processor, p.partition, p.case_id, p.position) = (c.processor, c.partition, c.case_id, c.position)
    returning p.*
  ), logged as (
    insert into zaakstroom.event_log (act, by, why, case_id, processor, event_id)
    select 'retry_now', p_by, p_why, a.case_id, a.processor, a.event_id from advanced a
  )
  select coalesce(array_agg(a.partition), '{}') from advanced a
$$;
