-- Takes the locks of partitions until the end of the transaction. Positions are drawn under a lock of the partition, which
-- is held until the commit is visible: so the commits of a partition become visible in the order of their positions, and
-- `position > checkpoint` skips nothing.
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
