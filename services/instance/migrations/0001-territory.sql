-- The territory and what each hosted entity says of itself. Public facts: no row-level security on reads.

create table entity (
  id text primary key constraint entity_id_opaque check (id ~ '^[a-z0-9]{12}$'),
  code text not null unique,
  kind text not null constraint entity_kind check (kind in ('agglomeration', 'commune', 'partner')),
  name text not null,
  full_name text not null,
  short_name text,
  liaison text not null,
  short_code text not null unique,
  site_url text,
  postal_codes text[] not null default '{}',
  population integer,
  brand text not null constraint entity_brand check (brand ~ '^#[0-9a-f]{6}$'),
  logo_svg text,
  contact jsonb not null,
  mail_sender text,
  hosted boolean not null default false,
  profile_version bigint not null default 0,
  edited_at timestamptz,
  updated_at timestamptz not null default now()
);
comment on table entity is 'Every public body of the territory, and its partners; "hosted" are those this instance answers for.';
comment on column entity.code is 'SIREN of an agglomeration, INSEE code of a commune: an attribute, since communes merge.';
comment on column entity.edited_at is 'Set by the entity''s own edits: from then on a seed no longer changes the row.';
comment on column entity.profile_version is 'Version of the last profile event sent (hosted) or applied (others).';

create table site_content (
  entity text primary key references entity,
  tagline text not null,
  alert text,
  news jsonb not null default '[]',
  edited_at timestamptz
);
comment on table site_content is 'Words of an entity''s portal: seeded once, the entity''s own afterwards.';

create table procedure (
  entity text not null references entity,
  slug text not null,
  version integer not null,
  kind text not null constraint procedure_kind check (kind in ('local', 'intercommunal', 'shared')),
  definition jsonb not null,
  listed boolean not null default true,
  position integer not null default 0,
  primary key (entity, slug)
);
comment on table procedure is 'The version of each procedure in use.';

create table procedure_version (
  entity text not null,
  slug text not null,
  version integer not null,
  definition jsonb not null,
  created_at timestamptz not null default now(),
  primary key (entity, slug, version),
  foreign key (entity, slug) references procedure
);
comment on table procedure_version is 'Every version a request may have been filed with; never changed.';

create table catalogue_procedure (
  entity text not null,
  slug text not null,
  version integer not null,
  kind text not null constraint catalogue_procedure_kind check (kind in ('intercommunal', 'shared')),
  title jsonb not null,
  summary jsonb not null,
  icon text,
  keywords text not null default '',
  url text not null,
  position integer not null default 0,
  withdrawn boolean not null default false,
  primary key (entity, slug)
);
comment on table catalogue_procedure is 'What the agglomeration offers to all, as its CATALOGUE events say.';

create table reference_table (
  entity text not null references entity,
  kind text not null constraint reference_table_kind check (kind in ('table', 'streets', 'roster')),
  code text not null,
  version integer not null,
  definition jsonb not null,
  created_at timestamptz not null default now(),
  primary key (entity, kind, code, version)
);
comment on table reference_table is 'What finds the entity in charge: dispatch tables, street managers, first recipients. The highest version is the one in use.';

create table team (
  entity text not null references entity,
  code text not null,
  name text not null,
  email text,
  primary key (entity, code)
);

grant select on entity, site_content, procedure, procedure_version, catalogue_procedure, reference_table, team to :service, :worker;
-- Entities that aren't hosted here change by events; hosted ones by their own administrators.
grant insert, update on entity, catalogue_procedure, team to :service;
grant delete on team to :service;
grant update on site_content to :service;
