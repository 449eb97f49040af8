-- Rewinds a processor to p_position: from there on it is handed all again that it has done. Its leases move, so that nothing of
-- before is settled, and who takes one finds an owner that did not give it back: the processor works alone until it has caught up.
-- Subscriptions are locked before leases: whoever locks a lease waits for none of them. Returns in how many partitions there is
-- something to hand out again; or how many deliveries from there on are parked, and then nothing was done.
create function zaakstroom.rewind(p_processor text, p_position bigint, p_by text, p_why text, p_trail text,
  out waiting integer, out partitions smallint[])
language plpgsql set enable_seqscan = off as $$
begin
  perform from zaakstroom.subscriptions s where s.processor = p_processor order by s.partition for update;
  select count(*) into waiting from zaakstroom.parked_deliveries d
  where d.processor = p_processor and d.position >= p_position;
  if waiting > 0 then
    return;
  end if;
  with done as (
    select s.partition, greatest(case when s.checkpoint < s.redelivers_to then s.redelivers_to end, max(last.position)) as last
    from zaakstroom.subscriptions s
    join zaakstroom.processors p on p.name = s.processor
    cross join lateral unnest(p.takes) as t (type)
    left join lateral (
      select e.position from zaakstroom.events e
      where e.partition = s.partition and e.type = t.type and e.position <= s.checkpoint
      order by e.position desc limit 1) last on true
    where s.processor = p_processor and s.checkpoint >= p_position
    group by s.partition, s.checkpoint, s.redelivers_to
  ), rewound as (
    update zaakstroom.subscriptions s
    set checkpoint = p_position - 1, redelivers_to = done.last, differences = 0, epoch = s.epoch + 1,
      owner = coalesce(s.owner, 'rewind'), in_flight = null
    from done
    where (s.processor, s.partition) = (p_processor, done.partition) and done.last >= p_position
    returning s.partition
  ) select coalesce(array_agg(r.partition), '{}') into partitions from rewound r;
  update zaakstroom.leases l set owner = null, lease_until = null
  from (select from zaakstroom.leases o
    where o.partition = any (partitions) and o.scope in ('', p_processor) order by o.partition, o.scope for update) locked
  where l.partition = any (partitions) and l.scope in ('', p_processor);
  insert into zaakstroom.event_log (act, by, why, case_id, processor) values ('rewind', p_by, p_why, p_trail, p_processor);
end
$$;
