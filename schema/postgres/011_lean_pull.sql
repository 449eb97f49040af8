-- Reading a mailbox, with less work for each delivery: bytes are known where characters had to be counted (a third of a
-- pull), and where a batch may end is looked for only when it is too long.

-- The next deliveries of the feed, in order. Plain enough to become part of the statement that reads from it.
create function zaakstroom.fresh_lines(p_processor text, p_partition smallint, p_after bigint, p_types text[],
  p_parked boolean, p_limit integer) returns table ("position" bigint, line text)
language sql stable as $$
  select (one.e).position, zaakstroom.delivery_line(one.e, 1, case when p_parked and exists (
      select from zaakstroom.parked_deliveries p
      where (p.processor, p.partition, p.case_id) = (p_processor, p_partition, (one.e).case_id)) then 1 else 0 end)
  from unnest(p_types) as t (type) cross join lateral (
    select e from zaakstroom.events e
    where e.partition = p_partition and e.type = t.type and e.position > p_after
    order by e.position limit p_limit) as one (e)
  order by (one.e).position limit p_limit
$$;

-- As before; p_bytes is counted in bytes.
create or replace function zaakstroom.pull_fresh(p_processor text, p_partition smallint, p_after bigint, p_types text[],
  p_parked boolean, p_limit integer, p_bytes integer, out count integer, out read_to bigint, out lines text)
language plpgsql set enable_seqscan = off as $$
declare
  v_bytes bigint;
begin
  select count(*), max(f.position), string_agg(f.line, e'\n' order by f.position), sum(octet_length(f.line) + 1)
  into count, read_to, lines, v_bytes
  from zaakstroom.fresh_lines(p_processor, p_partition, p_after, p_types, p_parked, p_limit) f;
  if v_bytes <= p_bytes or count <= 1 then
    return;
  end if;
  select count(*), max(s.position), string_agg(s.line, e'\n' order by s.position) into count, read_to, lines
  from (
    select f.position, f.line, sum(octet_length(f.line) + 1) over w as total, row_number() over w as nth
    from zaakstroom.fresh_lines(p_processor, p_partition, p_after, p_types, p_parked, p_limit) f
    window w as (order by f.position rows unbounded preceding)
  ) s where s.total <= p_bytes or s.nth = 1;
end
$$;
