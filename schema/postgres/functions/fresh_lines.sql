-- The next deliveries of the feed, in order, as lines. Plain enough to become part of the statement that reads from it.
-- p_upto: up to there, where that is not null. p_parked: the mailbox has parked deliveries, so each line must say whether its case is held by one.
create function zaakstroom.fresh_lines(p_processor text, p_partition smallint, p_after bigint, p_types text[],
  p_parked boolean, p_limit integer, p_upto bigint default null) returns table ("position" bigint, line text)
language sql stable as $$
  select (one.e).position, zaakstroom.delivery_line(one.e, 1, case when p_parked and exists (
      select from zaakstroom.parked_deliveries p
      where (p.processor, p.partition, p.case_id) = (p_processor, p_partition, (one.e).case_id)) then 1 else 0 end)
  from unnest(p_types) as t (type) cross join lateral (
    select e from zaakstroom.events e
    where e.partition = p_partition and e.type = t.type and e.position > p_after
      and e.position <= coalesce(p_upto, 9223372036854775807)
    order by e.position limit p_limit) as one (e)
  order by (one.e).position limit p_limit
$$;
