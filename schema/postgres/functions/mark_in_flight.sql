-- Records which deliveries are about to be handled. False: the lease has moved.
create function zaakstroom.mark_in_flight(p_processor text, p_partition smallint, p_epoch bigint, p_in_flight json) returns boolean
language plpgsql as $$
begin
  update zaakstroom.subscriptions s set in_flight = p_in_flight
  where (s.processor, s.partition, s.epoch) = (p_processor, p_partition, p_epoch);
  return found;
end
$$;
