-- Registers processors before any of them works here. On a store where none has come anywhere yet all begin at the beginning; one
-- that is added later begins where it says (p_begins: 'now', 'beginning', or a time by which it was recorded). All of one program
-- are registered in one transaction, so that no other program that comes with the same ones finds some of them missing.
-- Behind the last event of a partition nothing of an earlier position comes any more: positions are drawn under its lock.
create function zaakstroom.register_processors(p_names text[], p_types text[], p_begins text[]) returns void
language plpgsql set enable_seqscan = off as $$
declare
  v_worked boolean := exists (select from zaakstroom.subscriptions s where s.checkpoint > 0);
begin
  if v_worked then
    insert into zaakstroom.subscriptions (processor, partition, checkpoint)
    select b.name, p.partition, coalesce(max(last.position), 0)
    from unnest(p_names, p_begins) as b (name, begins)
    cross join (select generate_series(0, s.partitions - 1)::smallint from zaakstroom.store s) as p (partition)
    cross join (select distinct k.type from zaakstroom.event_kinds k) t
    left join lateral (
      select e.position from zaakstroom.events e
      where e.partition = p.partition and e.type = t.type
        and (b.begins = 'now' or e.recorded_at < nullif(b.begins, 'now')::timestamptz)
      order by e.position desc limit 1) last on true
    where b.begins <> 'beginning'
      and not exists (select from zaakstroom.processors known where known.name = b.name)
    group by b.name, p.partition order by b.name, p.partition
    on conflict do nothing;
  end if;
  insert into zaakstroom.processors (name, takes)
  select b.name, string_to_array(b.types, ',') from unnest(p_names, p_types) as b (name, types) order by b.name
  on conflict (name) do update set takes = excluded.takes where processors.takes <> excluded.takes;
end
$$;
