-- Closes a block of the chain of hashes over what is in none yet, of each of these partitions that has anything: over
-- p_positions positions at most, of which a partition has its share. Returns how many partitions have more.
-- It reads under no lock: positions are drawn under the lock of the partition, which is held until the commit is visible. So
-- behind what one statement sees nothing comes any more, and the next one sees the same up to there. Of two that close the same
-- block one does nothing. The hash of an event is over all of its columns, as the server would send them.
create function zaakstroom.close_blocks(p_partitions smallint[], p_positions integer) returns integer
language plpgsql set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_partition smallint;
  v_before record;
  v_new record;
  v_up_to bigint;
  v_block record;
  v_full integer := 0;
begin
  foreach v_partition in array p_partitions loop
    select coalesce(max(b.number), 0) as number, coalesce(max(b.last_position), 0) as last_position,
      coalesce((array_agg(b.hash))[1], decode(repeat('00', 32), 'hex')) as hash
    into v_before
    from (select * from zaakstroom.event_blocks b where b.partition = v_partition order by b.number desc limit 1) b;
    select min(ends.first) as first, max(ends.last) as last into v_new
    from (select distinct k.type from zaakstroom.event_kinds k) t cross join lateral (
      select (select e.position from zaakstroom.events e
          where e.partition = v_partition and e.type = t.type and e.position > v_before.last_position
          order by e.position limit 1) as first,
        (select e.position from zaakstroom.events e
          where e.partition = v_partition and e.type = t.type and e.position > v_before.last_position
          order by e.position desc limit 1) as last) ends;
    continue when v_new.first is null;
    v_up_to := least(v_new.last, v_new.first + p_positions - 1);
    select count(*)::integer as events, min(l.position) as first_position, max(l.position) as last_position,
      string_agg(int8send(l.position) || l.hash, ''::bytea order by l.position) as entries
    into v_block
    from (select distinct k.type from zaakstroom.event_kinds k) t cross join lateral (
      select e.position, sha256(record_send(row(e.position, e.partition, e.type, e.case_id, e.version, e.event_id,
        e.schema_version, e.occurred_at, e.recorded_at, e.data, e.metadata))) as hash
      from zaakstroom.events e
      where e.partition = v_partition and e.type = t.type and e.position > v_before.last_position and e.position <= v_up_to) l;
    insert into zaakstroom.event_blocks (partition, number, first_position, last_position, events, entries, previous, hash)
    values (v_partition, v_before.number + 1, v_block.first_position, v_block.last_position, v_block.events,
      v_block.entries, v_before.hash, sha256(v_before.hash || int8send(v_before.number + 1) || int2send(v_partition)
        || v_block.entries))
    on conflict do nothing;
    if v_up_to < v_new.last then
      v_full := v_full + 1;
    end if;
  end loop;
  return v_full;
end
$$;
