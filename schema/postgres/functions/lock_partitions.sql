-- Takes the locks of partitions until the end of the transaction. Positions are drawn under a lock of the partition, which
-- is held until the commit is visible: so the commits of a partition become visible in the order of their positions, and
-- `position > checkpoint` skips nothing.
create function zaakstroom.lock_partitions(p_partitions smallint[]) returns void
language plpgsql as $$
declare
  v_partition smallint;
begin
  -- One at a time in sorted order, so that two appends can never wait for each other.
  foreach v_partition in array p_partitions loop
    perform from zaakstroom.locks l where (l.kind, l.number) = ('partition', v_partition) for update;
  end loop;
end
$$;
