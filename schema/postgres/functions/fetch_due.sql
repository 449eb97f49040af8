-- Parked deliveries of cases whose head is due, in order: at most p_limit, and p_bytes characters but at least one.
create function zaakstroom.fetch_due(p_processor text, p_partition smallint, p_limit integer, p_bytes integer,
  out count integer, out lines text)
language plpgsql set enable_seqscan = off as $$
begin
  with due as (
    select h.case_id from zaakstroom.parked_deliveries h
    where (h.processor, h.partition) = (p_processor, p_partition) and h.state = 'retry' and h.due_at <= clock_timestamp()
    order by h.due_at limit p_limit
  ), next as (
    select p.position, zaakstroom.delivery_line(e, p.attempts + 1, 0) as line
    from due d
    join zaakstroom.parked_deliveries p on (p.processor, p.partition, p.case_id) = (p_processor, p_partition, d.case_id)
    join zaakstroom.events e on e.event_id = p.event_id
    order by p.position limit p_limit
  ), sized as (
    select n.position, n.line, sum(length(n.line) + 1) over (order by n.position) as total, row_number() over (order by n.position) as nth
    from next n
  )
  select count(*), string_agg(s.line, e'\n' order by s.position) into count, lines
  from sized s where s.total <= p_bytes or s.nth = 1;
end
$$;
