-- The dead letters, or deliveries that are tried again, that a person's act is about, oldest first. Locks the rows of their mailboxes first, as a settlement
-- does, so that no act can slip between a settlement's reading and its writing. A null criterion takes all.
create function zaakstroom.select_stopped(p_state text, p_processor text, p_case text, p_position bigint, p_limit integer)
returns setof zaakstroom.parked_deliveries
language plpgsql as $$
begin
  perform s.epoch from zaakstroom.subscriptions s
  where exists (select from zaakstroom.parked_deliveries p
    where (p.processor, p.partition) = (s.processor, s.partition) and p.state = p_state
      and (p_processor is null or p.processor = p_processor) and (p_case is null or p.case_id = p_case)
      and (p_position is null or p.position = p_position))
  order by s.processor, s.partition for update;
  return query
    select * from zaakstroom.parked_deliveries p
    where p.state = p_state and (p_processor is null or p.processor = p_processor) and (p_case is null or p.case_id = p_case)
      and (p_position is null or p.position = p_position)
    order by p.position limit p_limit;
end
$$;
