-- The head of a case must be able to move. Where the head is held (what was before it is done or discarded), it is due now.
create function zaakstroom.promote_heads(p_processor text, p_partition smallint, p_cases text[]) returns void
language sql as $$
  update zaakstroom.parked_deliveries p set state = 'retry', due_at = clock_timestamp()
  from (
    select distinct on (h.case_id) h.case_id, h.position, h.state from zaakstroom.parked_deliveries h
    where (h.processor, h.partition) = (p_processor, p_partition) and h.case_id = any (p_cases)
    order by h.case_id, h.position
  ) head
  where (p.processor, p.partition, p.case_id, p.position) = (p_processor, p_partition, head.case_id, head.position)
    and head.state = 'held'
$$;
