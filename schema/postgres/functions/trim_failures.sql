-- Of many failures the first 5 and the last 15, as in backends/failures.ts: a delivery that is held on to may fail for
-- years.
create function zaakstroom.trim_failures(p_failures jsonb) returns jsonb
language sql immutable as $$
  select case when jsonb_array_length(p_failures) <= 20 then p_failures else (
    select jsonb_agg(f.failure order by f.n) from jsonb_array_elements(p_failures) with ordinality as f (failure, n)
    where f.n <= 5 or f.n > jsonb_array_length(p_failures) - 15
  ) end
$$;
