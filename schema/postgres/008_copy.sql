-- Storing many rows by COPY. It takes half the database's time of an insert: rows are read once, reach the heap page by
-- page, and come with their versions. What comes before it in its transaction is here; positions are drawn by the COPY,
-- so the locks of the partitions come first.

-- The moment at which the statement came, which is after the locks were had. (A volatile default would make COPY insert
-- row by row.)
alter table zaakstroom.events alter column recorded_at set default date_trunc('milliseconds', statement_timestamp());

create function zaakstroom.note_kinds(p_types text[], p_versions smallint[]) returns void
language sql as $$
  insert into zaakstroom.event_kinds
  select distinct k.type, k.version from unnest(p_types, p_versions) as k (type, version)
  where not exists (select from zaakstroom.event_kinds e where (e.type, e.schema_version) = (k.type, k.version))
  order by 1, 2
  on conflict do nothing
$$;

-- Takes the locks and tells the version of each case (a line each in p_cases), in order and separated by commas: while
-- the locks are held, nobody else adds to these cases.
create function zaakstroom.begin_append(p_partitions smallint[], p_cases text, p_types text[], p_versions smallint[])
returns text language plpgsql set lock_timeout = '10s' set enable_seqscan = off as $$
begin
  perform zaakstroom.lock_partitions(p_partitions);
  perform zaakstroom.note_kinds(p_types, p_versions);
  return (
    select string_agg(coalesce((select e.version from zaakstroom.events e
      where e.case_id = c.case_id order by e.version desc limit 1), 0)::text, ',' order by c.ord)
    from string_to_table(p_cases, e'\n') with ordinality as c (case_id, ord));
end
$$;

-- Everything of a settle but its outputs, which follow by COPY if this answers 'settled'.
create function zaakstroom.begin_settle(p_processor text, p_partition smallint, p_epoch bigint, p_from bigint, p_to bigint,
  p_done bigint[], p_exceptions json, p_timers json, p_types text[], p_versions smallint[]) returns text
language plpgsql set lock_timeout = '10s' as $$
declare
  v_verdict text;
begin
  -- The fence first and then the partition, in the order of settle: so that two owners never wait for each other.
  perform from zaakstroom.subscriptions s where (s.processor, s.partition) = (p_processor, p_partition) for update;
  perform zaakstroom.lock_partitions(array[p_partition]);
  v_verdict := zaakstroom.settle(p_processor, p_partition, p_epoch, p_from, p_to, p_done, null, p_exceptions, p_timers);
  if v_verdict = 'settled' then
    perform zaakstroom.note_kinds(p_types, p_versions);
  end if;
  return v_verdict;
end
$$;
