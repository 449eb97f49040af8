-- Who is alive, with which processors, who has which lease that runs, and which processors and nodes take no work.
create function zaakstroom.lease_overview(p_lease_ms integer, out partitions smallint, out nodes json, out running json,
  out paused json, out drained json)
language sql stable as $$
  select st.partitions,
    (select coalesce(json_agg(json_build_object('node', n.node, 'processors', n.processors)), '[]') from zaakstroom.nodes n
      where n.seen_at > clock_timestamp() - make_interval(secs => p_lease_ms / 1000.0)),
    (select coalesce(json_agg(json_build_object('partition', l.partition, 'scope', l.scope, 'owner', l.owner)), '[]')
      from zaakstroom.leases l where l.owner is not null and l.lease_until >= clock_timestamp()),
    (select coalesce(json_agg(p.name), '[]') from zaakstroom.pauses p where p.kind = 'processor'),
    (select coalesce(json_agg(p.name), '[]') from zaakstroom.pauses p where p.kind = 'node')
  from zaakstroom.store st
$$;
