-- The next batch of each of several mailboxes, in the order in which they are named, as fetch_one gives it. p_types: the types
-- of each, joined by commas. Several go in one statement because, where many mailboxes have a little to do, a statement
-- costs more than what it reads. A mailbox that needs more than the next stretch of the feed (it has parked deliveries, was
-- rewound, or has more bytes than a batch takes) is left to fetch_one.
create function zaakstroom.fetch_group(p_processors text[], p_partitions smallint[], p_epochs bigint[], p_types text[],
  p_limits integer[], p_bytes integer[])
returns table (kind text, count integer, read_from bigint, read_to bigint, lines text, next_due_ms float8)
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return query select p.* from (
    select m.*, s.checkpoint, s.epoch is distinct from m.held_under as moved,
      coalesce(s.checkpoint < s.redelivers_to, false) or exists (select from zaakstroom.parked_deliveries d
        where (d.processor, d.partition) = (m.processor, m.partition)) as parked
    from unnest(p_processors, p_partitions, p_epochs, p_types, p_limits, p_bytes) with ordinality
      as m (processor, partition, held_under, types, most, most_bytes, ord)
    left join zaakstroom.subscriptions s on (s.processor, s.partition) = (m.processor, m.partition)
  ) m
  left join lateral (
    select count(*)::integer as count, max(f.position) as read_to, string_agg(f.line, e'\n' order by f.position) as lines,
      coalesce(sum(octet_length(f.line) + 1), 0) as bytes
    from zaakstroom.fresh_lines(m.processor, m.partition, m.checkpoint, string_to_array(m.types, ','), false, m.most) f
    where not m.moved and not m.parked
  ) f on true
  cross join lateral (
    select case when m.moved then 'fenced' when f.count = 0 then 'empty' else 'fresh' end, f.count, m.checkpoint,
      f.read_to, f.lines, null::float8
    where m.moved or not (m.parked or (f.bytes > m.most_bytes and f.count > 1))
    union all
    select * from zaakstroom.fetch_one(m.processor, m.partition, m.held_under, string_to_array(m.types, ','), m.most, m.most_bytes)
    where not m.moved and (m.parked or (f.bytes > m.most_bytes and f.count > 1))
  ) p
  order by m.ord;
end
$$;
