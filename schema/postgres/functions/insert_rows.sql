-- Inserts rows. Versions go on from the last one of each case; positions are drawn under the locks of p_partitions, or
-- of the caller when it is null. Reading and placing the rows comes before the lock, to hold it for the inserting alone: a
-- version that has become stale meanwhile violates the uniqueness of (case_id, version), and insert_idempotent begins anew.
create function zaakstroom.insert_rows(p_rows text, p_partitions smallint[],
  out stored integer, out last_position bigint, out last_version integer)
language plpgsql set enable_seqscan = off as $$
declare
  -- Milliseconds are what people see and ask for: kept finer, a range of times would lose events at its bounds.
  v_now timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  with placed as materialized (
    select r.*,
      coalesce((select e.version from zaakstroom.events e
                where e.case_id = r.case_id order by e.version desc limit 1), 0)
        + row_number() over (partition by r.case_id order by r.ord) as version
    from zaakstroom.parse_rows(p_rows) r
  ), locked as materialized (
    select zaakstroom.lock_partitions(coalesce(p_partitions, '{}')) from (select count(*) from placed) as all_placed
  ), inserted as (
    insert into zaakstroom.events
      (partition, type, case_id, version, event_id, schema_version, occurred_at, recorded_at, data, metadata)
    select p.partition, p.event_type, p.case_id, p.version, p.event_id, p.schema_version, p.occurred_at, v_now, p.data, p.metadata
    from placed p cross join locked order by p.ord
    returning position, version, type, schema_version
  ), kinds as (
    insert into zaakstroom.event_kinds
    select distinct i.type, i.schema_version from inserted i
    where not exists (select from zaakstroom.event_kinds k where (k.type, k.schema_version) = (i.type, i.schema_version))
    order by 1, 2
    on conflict do nothing
  )
  select count(*), max(i.position), (array_agg(i.version order by i.position desc))[1]
  into stored, last_position, last_version from inserted i;
end
$$;
