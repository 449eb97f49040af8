-- Projects the next stretch of each partition, at most p_limit events, into the read model of cases. Returns how many events
-- that were. Called on demand and in the background; one projector at a time, and its checkpoint moves in the same
-- transaction, so every event counts once.
create function zaakstroom.project_cases(p_limit integer) returns integer
language plpgsql set enable_seqscan = off as $$
declare
  v_partition smallint;
  v_after bigint;
  v_to bigint;
  v_count integer;
  v_total integer := 0;
begin
  perform pg_advisory_xact_lock(1515236212, 0);
  -- A log that was restored from an older backup lacks what was projected last: the model is made anew.
  if exists (
    select from zaakstroom.cases c
    left join zaakstroom.events e on (e.case_id, e.version, e.position) = (c.case_id, c.version, c.position)
    where c.position = (select max(k.position) from zaakstroom.cases k) and e.position is null
  ) then
    delete from zaakstroom.cases;
    delete from zaakstroom.projections p where p.name = 'cases';
  end if;
  insert into zaakstroom.projections (name, partition)
  select 'cases', i from generate_series(0, (select st.partitions from zaakstroom.store st) - 1) i on conflict do nothing;
  for v_partition, v_after in
    select p.partition, p.checkpoint from zaakstroom.projections p where p.name = 'cases' order by p.partition
  loop
    with stretch as (
      select one.* from (select distinct k.type from zaakstroom.event_kinds k) t cross join lateral (
        select e.case_id, e.version, e.type, e.recorded_at, e.position from zaakstroom.events e
        where e.partition = v_partition and e.type = t.type and e.position > v_after
        order by e.position limit p_limit) one
      order by one.position limit p_limit
    ), latest as (
      select distinct on (s.case_id) s.case_id, s.version, s.type, s.recorded_at, s.position,
        min(s.recorded_at) over (partition by s.case_id) as opened_at
      from stretch s order by s.case_id, s.version desc
    ), upserted as (
      insert into zaakstroom.cases as c (case_id, version, latest, opened_at, updated_at, position)
      select l.case_id, l.version, l.type, l.opened_at, l.recorded_at, l.position from latest l
      on conflict (case_id) do update
      set version = excluded.version, latest = excluded.latest, updated_at = excluded.updated_at, position = excluded.position
    )
    select count(*), max(s.position) into v_count, v_to from stretch s;
    if v_count > 0 then
      update zaakstroom.projections p set checkpoint = v_to where (p.name, p.partition) = ('cases', v_partition);
      v_total := v_total + v_count;
    end if;
  end loop;
  return v_total;
end
$$;
