-- How much of a batch its processor had done before it was rewound: 'all', 'some' or 'none'. What was parked since then comes in
-- batches with other cases.
create function zaakstroom.redelivered_part(p_processor text, p_partition smallint, p_to bigint, p_redelivered json) returns text
language sql stable as $$
  select case
    when s.redelivers_to = 0 then 'none'
    when p_redelivered is null then case when p_to <= s.redelivers_to then 'all' else 'none' end
    else (select case when bool_and(r.position <= s.redelivers_to) then 'all'
        when bool_or(r.position <= s.redelivers_to) then 'some' else 'none' end
      from json_to_recordset(p_redelivered) as r (position bigint)) end
  from zaakstroom.subscriptions s where (s.processor, s.partition) = (p_processor, p_partition)
$$;
