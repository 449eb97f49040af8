-- Gives a lease back, if it is still held under this epoch. Whatever was in flight is cleared: an owner that gives its
-- lease back did not die of it.
create function zaakstroom.release_lease(p_processor text, p_partition smallint, p_epoch bigint) returns void
language sql as $$
  update zaakstroom.subscriptions set owner = null, lease_until = null, in_flight = null
  where (processor, partition, epoch) = (p_processor, p_partition, p_epoch)
$$;
