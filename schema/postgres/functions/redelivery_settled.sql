-- Whether a redelivery changes nothing, as in backends/settlement/plan.ts: it was settled before, so that one of its
-- deliveries does not wait for this attempt any more; or it would overtake, because a delivery that was tried has an earlier
-- one of its case waiting that is not in the batch (I3). p_redelivered: position, case_id and attempt of each delivery.
create function zaakstroom.redelivery_settled(p_processor text, p_partition smallint, p_redelivered json, p_failures json)
returns boolean
language sql stable as $$
  with batch as materialized (
    select r.position, r.case_id, r.attempt, x.kind
    from json_to_recordset(p_redelivered) as r (position bigint, case_id text, attempt integer)
    left join json_to_recordset(p_failures) as x (position bigint, kind text) on x.position = r.position
  )
  select exists (
    select from batch b
    left join zaakstroom.parked_deliveries p
      on (p.processor, p.partition, p.case_id, p.position) = (p_processor, p_partition, b.case_id, b.position)
    where p.position is null or p.state = 'dead' or p.attempts + 1 <> b.attempt
  ) or exists (
    select from batch b
    join zaakstroom.parked_deliveries p
      on (p.processor, p.partition, p.case_id) = (p_processor, p_partition, b.case_id) and p.position < b.position
    where b.kind is distinct from 'held' and p.position not in (select o.position from batch o)
  )
$$;
