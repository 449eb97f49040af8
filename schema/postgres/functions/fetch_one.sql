-- The next batch of one mailbox, whatever it takes: parked deliveries of cases whose head is due, else the next stretch of
-- the feed. A batch ends at p_limit deliveries or p_bytes bytes, whichever comes first, and holds at least one.
-- kind is 'fresh', 'redelivery', 'empty' or 'fenced'; next_due_ms is the time until the next parked head is due.
-- fetch_group does the usual case by itself and calls this one for the others.
create function zaakstroom.fetch_one(p_processor text, p_partition smallint, p_epoch bigint, p_types text[],
  p_limit integer, p_bytes integer,
  out kind text, out count integer, out read_from bigint, out read_to bigint, out lines text, out next_due_ms float8)
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_parked boolean;
  v_bytes bigint;
  v_upto bigint;
begin
  select s.checkpoint, case when s.checkpoint < s.redelivers_to then s.redelivers_to end into read_from, v_upto from zaakstroom.subscriptions s
  where (s.processor, s.partition, s.epoch) = (p_processor, p_partition, p_epoch);
  if not found then
    kind := 'fenced';
    return;
  end if;
  v_parked := exists (select from zaakstroom.parked_deliveries p where (p.processor, p.partition) = (p_processor, p_partition));
  if v_parked then
    select * into count, lines from zaakstroom.fetch_due(p_processor, p_partition, p_limit, p_bytes);
    if count > 0 then
      kind := 'redelivery';
      read_to := read_from;
      return;
    end if;
    select extract(epoch from min(p.due_at) - clock_timestamp())::float8 * 1000 into next_due_ms
    from zaakstroom.parked_deliveries p where (p.processor, p.partition) = (p_processor, p_partition) and p.state = 'retry';
  end if;
  -- What it had done before it was rewound and what never was are not settled together. It may take none of it any more.
  if v_upto is not null and not exists (
      select from zaakstroom.fresh_lines(p_processor, p_partition, read_from, p_types, false, 1, v_upto)) then
    v_upto := null;
  end if;
  select count(*), max(f.position), string_agg(f.line, e'\n' order by f.position), sum(octet_length(f.line) + 1)
  into count, read_to, lines, v_bytes
  from zaakstroom.fresh_lines(p_processor, p_partition, read_from, p_types, v_parked, p_limit, v_upto) f;
  kind := case when count = 0 then 'empty' else 'fresh' end;
  -- Where a batch must end is looked for only when it is too long.
  if v_bytes > p_bytes and count > 1 then
    select count(*), max(s.position), string_agg(s.line, e'\n' order by s.position) into count, read_to, lines
    from (
      select f.position, f.line, sum(octet_length(f.line) + 1) over w as total, row_number() over w as nth
      from zaakstroom.fresh_lines(p_processor, p_partition, read_from, p_types, v_parked, p_limit, v_upto) f
      window w as (order by f.position rows unbounded preceding)
    ) s where s.total <= p_bytes or s.nth = 1;
  end if;
end
$$;
