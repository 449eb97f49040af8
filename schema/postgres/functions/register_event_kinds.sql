-- Records which (type, version) pairs the store holds.
create function zaakstroom.register_event_kinds(p_types text[], p_versions smallint[]) returns void
language sql as $$
  insert into zaakstroom.event_kinds
  select distinct k.type, k.version from unnest(p_types, p_versions) as k (type, version)
  where not exists (select from zaakstroom.event_kinds e where (e.type, e.schema_version) = (k.type, k.version))
  order by 1, 2
  on conflict do nothing
$$;
