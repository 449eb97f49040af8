-- Whether what failed in this redelivery was recorded before: then its case may have gone on since, and parking it again
-- would bring back deliveries that are done.
create function zaakstroom.redelivery_settled(p_processor text, p_partition smallint, p_failures json) returns boolean
language sql stable as $$
  select exists (
    select from json_to_recordset(p_failures) as x (position bigint, case_id text, attempt integer, kind text)
    left join zaakstroom.parked_deliveries p
      on (p.processor, p.partition, p.case_id, p.position) = (p_processor, p_partition, x.case_id, x.position)
    where p.position is null or (x.kind <> 'held' and p.attempts >= x.attempt))
$$;
