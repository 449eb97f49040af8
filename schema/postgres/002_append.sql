-- Appending. Positions are drawn under a lock of the partition, which is held until the commit is visible: so the commits
-- of a partition become visible in the order of their positions, and `position > checkpoint` skips nothing.

create function zaakstroom.lock_partitions(p_partitions smallint[]) returns void
language plpgsql as $$
declare
  v_partition smallint;
begin
  -- One at a time in sorted order, so that two appends can never wait for each other. 1515236211 is 'ZS' + a lock space.
  foreach v_partition in array p_partitions loop
    perform pg_advisory_xact_lock(1515236211, v_partition);
  end loop;
end
$$;

-- The rows of a text of store rows (schema/delivery_line.ts), in order. Splitting a text at tabs takes half the time of
-- json_to_recordset; JSON text and case ids hold no raw tab or line break.
create function zaakstroom.rows_of(p_rows text)
returns table (ord bigint, partition smallint, event_id uuid, event_type text, case_id text, occurred_at timestamptz,
  schema_version smallint, metadata json, data json)
language sql immutable as $$
  select l.ord, split_part(l.line, e'\t', 1)::smallint, split_part(l.line, e'\t', 2)::uuid, split_part(l.line, e'\t', 3),
    split_part(l.line, e'\t', 4), split_part(l.line, e'\t', 5)::timestamptz, split_part(l.line, e'\t', 6)::smallint,
    split_part(l.line, e'\t', 7)::json, split_part(l.line, e'\t', 8)::json
  from string_to_table(p_rows, e'\n') with ordinality as l (line, ord)
  where p_rows <> ''
$$;

-- Inserts rows. Versions go on from the last one of each case; positions are drawn under the locks of p_partitions, or
-- of the caller when it is null. Reading and placing the rows comes before the lock, to hold it for the inserting alone:
-- a version that has become stale meanwhile violates the uniqueness of (case_id, version), and insert_once begins anew.
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
    from zaakstroom.rows_of(p_rows) r
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

-- The rows that are not stored yet, once each. Raises ZS002 when a stored id has other content.
create function zaakstroom.unseen_rows(p_rows text) returns text
language plpgsql set enable_seqscan = off as $$
declare
  v_conflict uuid;
begin
  select r.event_id into v_conflict
  from zaakstroom.rows_of(p_rows) r join zaakstroom.events e using (event_id)
  where (e.type, e.case_id) is distinct from (r.event_type, r.case_id) or e.data::jsonb <> r.data::jsonb limit 1;
  if v_conflict is null then
    -- Grouped, not joined with itself: nothing here has an index, and a join would compare every pair.
    select r.event_id into v_conflict from zaakstroom.rows_of(p_rows) r
    group by r.event_id having count(distinct (r.event_type, r.case_id, r.data::jsonb)) > 1 limit 1;
  end if;
  if v_conflict is not null then
    raise exception 'event id stored with other content' using errcode = 'ZS002', detail = v_conflict::text;
  end if;
  return (
    select coalesce(string_agg(concat_ws(e'\t', r.partition, r.event_id, r.event_type, r.case_id, r.occurred_at,
      r.schema_version, r.metadata, r.data), e'\n' order by r.ord), '')
    from (select distinct on (event_id) * from zaakstroom.rows_of(p_rows) order by event_id, ord) r
    where not exists (select from zaakstroom.events e where e.event_id = r.event_id));
end
$$;

-- Inserts rows, taking ids that are stored already as done. The usual case pays nothing for it: only a duplicate key
-- leads to looking for duplicates, by then under the locks, which the failed try has given back.
create function zaakstroom.insert_once(p_rows text, p_partitions smallint[],
  out stored integer, out last_position bigint, out last_version integer)
language plpgsql as $$
begin
  begin
    select * into stored, last_position, last_version from zaakstroom.insert_rows(p_rows, p_partitions);
  exception when unique_violation then
    perform zaakstroom.lock_partitions(coalesce(p_partitions, '{}'));
    select * into stored, last_position, last_version from zaakstroom.insert_rows(zaakstroom.unseen_rows(p_rows), null);
  end;
end
$$;

-- Appends all p_count rows or none. p_expected is null (any), 0 (no such case yet) or the exact version of the one case.
-- Raises ZS001 (detail: the version found) on a version conflict and ZS002 (detail: the id) on an id with other content.
create function zaakstroom.append(p_partitions smallint[], p_rows text, p_count integer, p_expected integer default null,
  out stored integer, out last_position bigint, out last_version integer)
language plpgsql set lock_timeout = '10s' as $$
declare
  v_case text;
  v_actual integer;
begin
  if p_expected is not null then
    perform zaakstroom.lock_partitions(p_partitions);
    if zaakstroom.unseen_rows(p_rows) <> '' then
      select r.case_id into v_case from zaakstroom.rows_of(p_rows) r limit 1;
      select coalesce(max(e.version), 0) into v_actual from zaakstroom.events e where e.case_id = v_case;
      if v_actual <> p_expected then
        raise exception 'version conflict' using errcode = 'ZS001', detail = v_actual::text;
      end if;
    end if;
  end if;
  select * into stored, last_position, last_version from zaakstroom.insert_once(p_rows, p_partitions);
  if stored < p_count then
    select e.position, e.version into last_position, last_version
    from zaakstroom.rows_of(p_rows) r join zaakstroom.events e using (event_id) order by r.ord desc limit 1;
  end if;
end
$$;
