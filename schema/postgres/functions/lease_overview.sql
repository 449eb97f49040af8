-- Who is alive, with which processors, and who has which lease that runs.
create function zaakstroom.lease_overview(p_lease_ms integer, out partitions smallint, out nodes json, out running json)
language sql stable as $$
  select st.partitions,
    (select coalesce(json_agg(json_build_object('node', n.node, 'processors', n.processors)), '[]') from zaakstroom.nodes n
      where n.seen_at > clock_timestamp() - make_interval(secs => p_lease_ms / 1000.0)),
    (select coalesce(json_agg(json_build_object('partition', l.partition, 'scope', l.scope, 'owner', l.owner)), '[]')
      from zaakstroom.leases l where l.owner is not null and l.lease_until >= clock_timestamp())
  from zaakstroom.store st
$$;
