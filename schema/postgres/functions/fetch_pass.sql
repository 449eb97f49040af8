-- What comes next for several mailboxes of one partition, to be handled in one pass: at most p_limit lines of each, and p_bytes
-- bytes of all (fewer of each until it fits), every line once and in order. p_types: the types of each mailbox, joined by commas.
-- A line is held where its case is parked for any of them. kind is 'pass', 'empty', 'plain' (a parked delivery is due, or what
-- comes next is too large) or 'fenced'; froms, tos and caught_up tell how far each mailbox was read, in their order.
create function zaakstroom.fetch_pass(p_partition smallint, p_processors text[], p_epochs bigint[], p_types text[],
  p_limit integer, p_bytes integer,
  out kind text, out count integer, out froms bigint[], out tos bigint[], out caught_up boolean[], out next_due_ms float8,
  out lines text)
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_limit integer := p_limit;
  v_parked boolean;
  v_rewound boolean;
begin
  select array_agg(s.checkpoint order by m.ord), bool_or(exists (
    select from zaakstroom.parked_deliveries d where (d.processor, d.partition) = (m.processor, p_partition))), bool_or(s.checkpoint < s.redelivers_to)
  into froms, v_parked, v_rewound
  from unnest(p_processors, p_epochs) with ordinality as m (processor, epoch, ord)
  left join zaakstroom.subscriptions s on (s.processor, s.partition) = (m.processor, p_partition) and s.epoch = m.epoch;
  if array_position(froms, null) is not null then
    kind := 'fenced';
    return;
  end if;
  -- What was done before a processor was rewound is settled by itself, as far as it takes it still.
  if v_rewound and exists (
      select from unnest(p_processors, p_types) as m (processor, types)
      join zaakstroom.subscriptions s on (s.processor, s.partition) = (m.processor, p_partition) and s.checkpoint < s.redelivers_to
      cross join lateral zaakstroom.fresh_lines(m.processor, p_partition, s.checkpoint, string_to_array(m.types, ','), false, 1,
        s.redelivers_to)) then
    kind := 'plain';
    return;
  end if;
  if v_parked then
    select extract(epoch from min(d.due_at) - clock_timestamp())::float8 * 1000 into next_due_ms
    from zaakstroom.parked_deliveries d
    where d.processor = any (p_processors) and d.partition = p_partition and d.state = 'retry';
    if next_due_ms <= 0 then
      kind := 'plain';
      return;
    end if;
  end if;
  loop
    with next as materialized (
      select m.ord, one.e
      from unnest(p_processors, froms, p_types) with ordinality as m (processor, start, types, ord)
      cross join lateral (
        select found.e from unnest(string_to_array(m.types, ',')) as t (type) cross join lateral (
          select e from zaakstroom.events e
          where e.partition = p_partition and e.type = t.type and e.position > m.start
          order by e.position limit v_limit) as found (e)
        order by (found.e).position limit v_limit) as one (e)
    ), once as (
      select distinct on ((n.e).position) n.e from next n order by (n.e).position
    )
    select c.count, c.lines, p.tos, p.caught_up into count, lines, tos, caught_up
    from (
      select count(*)::integer as count, string_agg(zaakstroom.delivery_line(o.e, 1, case when v_parked and exists (
        select from zaakstroom.parked_deliveries d where d.processor = any (p_processors)
          and (d.partition, d.case_id) = (p_partition, (o.e).case_id)) then 1 else 0 end), e'\n' order by (o.e).position) as lines
      from once o
    ) c
    cross join (
      select array_agg(coalesce(n.upto, m.start) order by m.ord) as tos,
        array_agg(coalesce(n.many, 0) < v_limit order by m.ord) as caught_up
      from unnest(froms) with ordinality as m (start, ord)
      left join (select n.ord, max((n.e).position) as upto, count(*) as many from next n group by n.ord) n using (ord)
    ) p;
    exit when count < 2 or octet_length(lines) <= p_bytes;
    if v_limit = 1 then
      kind := 'plain';
      count := 0;
      lines := null;
      return;
    end if;
    v_limit := v_limit / 2;
  end loop;
  kind := case when count = 0 then 'empty' else 'pass' end;
end
$$;
