-- Storing the outputs of a batch by COPY. It takes half the database's time of an insert: rows are read once, reach the
-- heap page by page, and come with their versions. What comes before it in its transaction is here; positions are drawn
-- by the COPY, so the lock of the partition comes first. (An append, whose events are of all partitions, would hold all
-- their locks for longer than an insert does, which finds its rows' places before it takes them.)

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
