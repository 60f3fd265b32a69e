-- What leaves (outbox), what enters (inbox), and what repairs them.

create table outbox (
  seq bigint generated always as identity primary key,
  event_id uuid not null unique,
  entity text not null,
  aggregate text not null,
  version integer not null,
  subject text,
  payload jsonb not null,
  jobs jsonb not null default '[]',
  created_at timestamptz not null default now(),
  published_at timestamptz,
  jobs_done_at timestamptz
);
comment on table outbox is 'Written in the transaction of the change; the relay makes events of its lines, and jobs.';
comment on column outbox.subject is 'NATS subject; null for a line that only makes jobs.';
create index outbox_unpublished on outbox (seq) where published_at is null;
create index outbox_without_jobs on outbox (seq) where jobs_done_at is null;

create table inbox (
  event_id uuid not null,
  entity text not null,
  subject text not null,
  received_at timestamptz not null default now(),
  primary key (entity, event_id)
);
comment on table inbox is 'Events an entity has read: each entity hosted here reads the catalogue for itself.';
create index inbox_by_age on inbox (received_at);
create index inbox_erased on inbox (entity, subject) where subject like '%.erased';

create table inbox_dead (
  id bigint generated always as identity primary key,
  event_id uuid not null,
  entity text not null,
  aggregate text not null,
  subject text not null,
  payload jsonb not null,
  error text not null,
  attempts integer not null,
  since timestamptz not null default now(),
  replayed_at timestamptz,
  unique (entity, event_id)
);
create index inbox_dead_waiting on inbox_dead (entity, aggregate) where replayed_at is null;

create table projection_state (
  entity text primary key,
  compared_at timestamptz,
  differing_months integer,
  rebuild_started_at timestamptz,
  rebuilt_at timestamptz
);
comment on table projection_state is 'When an entity''s projection was last compared with its source, and what was found.';

create table projection_rebuild (like request_entity including defaults including constraints, repair uuid not null, primary key (entity, repair, request_id));
comment on table projection_rebuild is 'The new generation of a projection being rebuilt, beside the one in use.';

create table stream_state (
  name text primary key,
  created_at timestamptz not null,
  seen_at timestamptz not null
);
comment on table stream_state is 'Creation time of each stream as last seen: another one means its content was lost.';

alter table outbox enable row level security;
alter table outbox force row level security;
create policy written on outbox for insert with check (entity = any (interco_entities()) or entity = current_setting('interco.site', true));
create policy relayed on outbox for all to :worker using (entity = any (interco_entities()));
alter table projection_rebuild enable row level security;
alter table projection_rebuild force row level security;
create policy own on projection_rebuild for all using (entity = any (interco_entities())) with check (entity = any (interco_entities()));

grant insert on outbox to :service, :worker;
grant select, update, delete on outbox to :worker;
grant select, insert, update on inbox, inbox_dead, projection_state, stream_state to :service, :worker;
grant delete on inbox to :worker;
grant select, insert, update, delete on projection_rebuild to :service, :worker;
