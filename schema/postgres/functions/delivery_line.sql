-- One delivery as a line of fields (see schema/delivery_line.ts); times in milliseconds since 1970. Always one line, whatever
-- other hands wrote: between the tokens of a JSON text may be line breaks.
create function zaakstroom.delivery_line(e zaakstroom.events, p_attempt integer, p_held integer) returns text
language sql stable as $$
  select replace(concat_ws(e'\t', e.position, e.version, p_attempt, p_held, (date_part('epoch', e.recorded_at) * 1000)::bigint,
    e.event_id, e.type, e.case_id, (date_part('epoch', e.occurred_at) * 1000)::bigint, e.data, e.metadata), e'\n', ' ')
$$;
