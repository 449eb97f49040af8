/** The least that each role of a store in PostgreSQL needs, and the SQL that grants it. Pure. @module */

/** What comes to be and is never changed: whoever runs a node may add to it, and take nothing back. */
const APPENDED = ["events", "event_kinds", "event_log", "event_blocks"] as const;
/** What only setup writes. */
const SETTLED_BY_SETUP = ["store", "table_changes"] as const;
/** What nodes change as they work, and may lose without loss. */
const CHANGED = [
  "subscriptions",
  "processors",
  "nodes",
  "leases",
  "pauses",
  "parked_deliveries",
  "timers",
  "projection_builds",
  "projection_checkpoints",
  "relays",
] as const;

/** Every table of the schema zaakstroom, by what a node may do with it. */
export const nodeRights: Readonly<Record<string, readonly string[]>> = {
  "select": [...SETTLED_BY_SETUP, "store_secret", "producers"],
  // Whoever may update a row may lock it. They are never written.
  "select, update": ["locks"],
  "select, insert": APPENDED,
  "select, insert, update, delete": [...CHANGED, "outbox"],
};

/** What a reader sees of the store itself: no event, no inbox, no secret. */
const SEEN_BY_READERS = [
  ...SETTLED_BY_SETUP,
  "subscriptions",
  "processors",
  "nodes",
  "leases",
  "pauses",
  "projection_builds",
  "projection_checkpoints",
  "event_kinds",
];

/** The roles, what each is for, and the attributes it has. */
const ROLES = [
  ["owner", "runs setup: owns the schema, and can change everything in it"],
  ["node", "runs nodes, and the commands that act on cases: adds events, and can't change or remove one"],
  ["producer", "leaves events in the outbox, in a transaction of its own, and sees nothing"],
  ["reader", "lists cases and queries the read models: sees no event"],
  ["auditor", "a reader who sees events too: cases show, health, audit verify"],
  ["backup", "reads everything, the secret of the store included: pg_dump"],
  ["replication", "copies the server: backup create, backup stream, pg_basebackup", "replication"],
  [
    "cdc",
    "streams changes of the log and of the outbox, and of nothing else: cdc start, cdc status",
    "replication",
  ],
] as const;

type RoleName = (typeof ROLES)[number][0];

/** The name of a role in the database. */
function roleName(role: RoleName): string {
  return `zaakstroom_${role}`;
}

/** All of it as SQL for psql: it makes what is missing, and takes back what is too much. It may be run as often as one likes. */
export function rolesText(): string {
  return [
    "-- The roles of a store of zaakstroom, each with the least it needs. Run it as an administrator in the store's database, before",
    "-- setup is run as zaakstroom_owner, and again after it: the grants need the tables. Then give each role you use a way in:",
    "-- \\password, or a certificate. What runs as zaakstroom_node must make the read models: run no node as the owner.",
    "",
    ...ROLES.flatMap(([role, what, attributes]) => [`-- ${role}: ${what}`, roleText(role, attributes)]),
    "",
    "do $$",
    "begin",
    `  execute format('grant connect, create on database %I to ${roleName("owner")}', current_database());`,
    "  if to_regclass('zaakstroom.events') is null then",
    `    raise notice 'There is no store yet: run setup as ${roleName("owner")}, and then this again';`,
    "    return;",
    "  end if;",
    ...grants().map((statement) => `  ${statement};`),
    "  -- Only the owner of tables may publish them.",
    "  if current_setting('wal_level') = 'logical' and not exists (select from pg_publication where pubname = 'zaakstroom_cdc') then",
    "    create publication zaakstroom_cdc for table zaakstroom.events, zaakstroom.outbox;",
    "  end if;",
    "end",
    "$$;",
  ].join("\n");
}

function roleText(role: RoleName, attributes = ""): string {
  const name = roleName(role);
  const make = `create role ${name} login nosuperuser nocreatedb nocreaterole ${attributes}`.trimEnd();
  return `do $$ begin if not exists (select from pg_roles where rolname = '${name}') then ${make}; end if; end $$;`;
}

function grants(): string[] {
  const of = (...roles: RoleName[]) => roles.map(roleName).join(", ");
  const tables = (names: readonly string[]) => names.map((name) => `zaakstroom.${name}`).join(", ");
  const all = of("node", "producer", "reader", "auditor", "backup", "replication", "cdc");
  const models = "zaakstroom_models";
  return [
    `revoke all on all tables in schema zaakstroom, ${models} from public, ${all}`,
    `revoke all on all sequences in schema zaakstroom, ${models} from public, ${all}`,
    `revoke all on schema zaakstroom, ${models} from public, ${all}`,
    `grant usage on schema zaakstroom to ${all}`,
    `grant usage on schema ${models} to ${of("node", "reader", "auditor", "backup")}`,
    // Node: it makes the read models, which are then its own.
    `grant create on schema ${models} to ${of("node")}`,
    ...Object.entries(nodeRights).map(([rights, names]) =>
      `grant ${rights} on ${tables(names)} to ${of("node")}`
    ),
    `grant select on sequence zaakstroom.events_position_seq to ${of("node", "auditor", "replication")}`,
    `grant select on sequence zaakstroom.refused_appends to ${of("node", "auditor")}`,
    // Producer: the columns that nobody else fills in.
    `grant insert (event) on zaakstroom.outbox to ${of("producer")}`,
    `grant select on ${tables(SEEN_BY_READERS)} to ${of("reader", "auditor")}`,
    `grant select on ${tables([...APPENDED, "parked_deliveries", "timers"])} to ${of("auditor")}`,
    `grant select (id, written_at, refused_for) on zaakstroom.outbox to ${of("auditor")}`,
    `grant select on zaakstroom.events, zaakstroom.outbox to ${of("cdc")}`,
    `grant select on all tables in schema ${models} to ${of("reader", "auditor")}`,
    `alter default privileges for role ${of("node")} in schema ${models} grant select on tables to ${
      of("reader", "auditor", "backup")
    }`,
    `grant select on all tables in schema zaakstroom, ${models} to ${of("backup")}`,
    `grant select on all sequences in schema zaakstroom, ${models} to ${of("backup")}`,
  ];
}
