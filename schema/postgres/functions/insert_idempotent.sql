-- Inserts rows, taking ids that are stored already as done. The usual case pays nothing for it: only a duplicate key
-- leads to looking for duplicates, by then under the locks, which the failed try has given back.
create function zaakstroom.insert_idempotent(p_rows text, p_partitions smallint[],
  out stored integer, out last_position bigint, out last_version integer)
language plpgsql as $$
begin
  begin
    select * into stored, last_position, last_version from zaakstroom.insert_rows(p_rows, p_partitions);
  exception when unique_violation then
    perform zaakstroom.lock_partitions(coalesce(p_partitions, '{}'));
    select * into stored, last_position, last_version from zaakstroom.insert_rows(zaakstroom.new_rows(p_rows), null);
  end;
end
$$;
