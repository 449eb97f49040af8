-- The next events of each partition as delivery lines: at most p_limit behind p_after and up to p_up_to, which both have a value
-- a partition. Of a partition no more than p_bytes characters, but at least one event. Reads the index of mailboxes, type by type.
create function zaakstroom.read_partitions(p_after bigint[], p_up_to bigint[], p_limit integer, p_bytes bigint)
returns table (partition integer, line text)
language sql stable set enable_seqscan = off as $$
  select s.partition, s.line from (
    select p.i - 1 as partition, one.position, one.line,
      sum(length(one.line)) over (partition by p.i order by one.position) - length(one.line) as before
    from generate_subscripts(p_after, 1) p (i) cross join lateral (
      select found.position, zaakstroom.delivery_line(e, 0, 0) as line from (
        select typed.position, typed.type from (select distinct k.type from zaakstroom.event_kinds k) t cross join lateral (
          select k.position, k.type from zaakstroom.events k
          where k.partition = p.i - 1 and k.type = t.type and k.position > p_after[p.i] and k.position <= p_up_to[p.i]
          order by k.position limit p_limit) typed
        order by typed.position limit p_limit) found
      join zaakstroom.events e on (e.partition, e.type, e.position) = ((p.i - 1)::smallint, found.type, found.position)
      -- Each line is made once: without this its expression would stand in each place that names it.
      offset 0
    ) one
  ) s where s.before < p_bytes order by s.partition, s.position
$$;
