-- Requests, and who sees them. `request_entity` is the only table lists read and the one that decides.

create table request (
  id uuid primary key,
  entity text not null references entity,
  number text not null unique,
  procedure_slug text not null,
  procedure_version integer not null,
  type_code text,
  title jsonb not null,
  status text not null,
  status_kind text not null constraint request_status_kind check (status_kind in ('open', 'waiting', 'closed')),
  version integer not null default 1,
  answers jsonb not null,
  place jsonb,
  communes text[] not null default '{}',
  contact jsonb,
  citizen_sub text,
  source text not null constraint request_source check (source in ('web', 'counter', 'phone', 'api')),
  filed_by text,
  lang text not null default 'fr',
  tracking_hmac bytea not null,
  in_charge text,
  team text,
  assignee text,
  assignee_name text,
  deadline timestamptz,
  deadline_days integer,
  received_at timestamptz not null,
  competent_received_at timestamptz,
  acknowledged_at timestamptz,
  planned_for date,
  closed_at timestamptz,
  closing_reason text,
  updated_at timestamptz not null default now()
);
comment on table request is 'One submission of a procedure. "entity" owns it (the agglomeration for shared ones) and never changes.';
comment on column request.communes is 'Ids of the communes of the place: they stay concerned whoever is in charge.';
comment on column request.received_at is 'First receipt, from which implicit refusal runs (CRPA L231-4, R112-5).';
comment on column request.competent_received_at is 'Receipt by the entity in charge, from which implicit acceptance runs (CRPA L114-2, L231-1).';
create index request_by_citizen on request (citizen_sub, received_at desc) where citizen_sub is not null;
create index request_by_tracking on request (tracking_hmac);
create index request_place on request (entity, type_code, received_at desc);

create table request_entity (
  entity text not null,
  request_id uuid not null,
  relation text not null constraint request_entity_relation check (relation in ('in_charge', 'triage', 'place', 'gone')),
  owner text not null,
  shared boolean not null,
  projected boolean not null,
  number text collate "C" not null,
  version integer not null,
  procedure_slug text not null,
  procedure_title jsonb not null,
  type_code text,
  type_label jsonb,
  title jsonb not null,
  place_label text,
  communes text[] not null default '{}',
  status text not null,
  status_label jsonb not null,
  status_kind text not null constraint request_entity_status_kind check (status_kind in ('open', 'waiting', 'closed')),
  in_charge text,
  in_charge_name text,
  team text,
  assignee text,
  assignee_name text,
  deadline timestamptz,
  received_at timestamptz not null,
  updated_at timestamptz not null,
  closed_at timestamptz,
  reason jsonb not null,
  gone_to text,
  url text not null,
  search text not null default '',
  primary key (entity, request_id)
);
comment on table request_entity is 'Who sees which request, and the columns a list needs. in_charge processes; triage dispatches; place follows and notes; gone keeps number, dates and to whom it went.';
comment on column request_entity.number is 'Collation "C": the first characters of a number are found in request_entity_by_number, whatever the database''s locale.';
comment on column request_entity.projected is 'True when the row came by an event from the instance that owns the request.';
create unique index request_entity_by_number on request_entity (entity, number);
create index request_entity_recent on request_entity (entity, received_at desc, request_id desc);
create index request_entity_open on request_entity (entity, relation, received_at desc, request_id desc) include (team, shared) where status_kind <> 'closed' and relation <> 'gone';
create index request_entity_deadline on request_entity (entity, deadline, request_id) include (status_kind) where status_kind <> 'closed' and relation = 'in_charge' and deadline is not null;
create index request_entity_assignee on request_entity (entity, assignee, received_at desc, request_id desc) where status_kind <> 'closed' and assignee is not null;
create index request_entity_shared on request_entity (entity, received_at desc, request_id desc) where shared and status_kind <> 'closed' and relation <> 'gone';
create index request_entity_concerned on request_entity (request_id);

create table request_event (
  id uuid primary key,
  request_id uuid not null references request,
  owner text not null,
  kind text not null,
  at timestamptz not null default now(),
  author_entity text,
  author_agent text,
  author_name text,
  visibility text not null constraint request_event_visibility check (visibility in ('status', 'citizen', 'shared', 'internal')),
  body text,
  details jsonb not null default '{}'
);
comment on table request_event is 'What happened to a request, in order: its timeline.';
comment on column request_event.visibility is 'status: the citizen and every entity concerned; citizen: the citizen and who processes; shared: agents of every entity concerned; internal: the author''s entity only.';
create index request_event_in_order on request_event (request_id, at, id);

create table draft (
  token_hash bytea primary key,
  entity text not null references entity,
  procedure_slug text not null,
  procedure_version integer not null,
  answers jsonb not null default '{}',
  reached integer not null default 0,
  from_commune text,
  filed_for jsonb,
  lang text not null,
  request_id uuid,
  tracking_sealed bytea,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
comment on table draft is 'A form being filled, found by its token only; it holds the answers until they are sent and remembers the request it became, so that sending twice files once.';
comment on column draft.answers is 'As typed, by posted name, right or wrong: what a page shows again. Emptied by sending.';
comment on column draft.tracking_sealed is 'The tracking code for the confirmation page, under a key only the bearer of the draft''s token can make.';
create index draft_by_expiry on draft (expires_at);

create table file (
  id uuid primary key,
  entity text not null references entity,
  draft_hash bytea,
  request_id uuid,
  field text not null,
  name text not null,
  media_type text not null,
  size integer not null,
  width integer,
  height integer,
  position integer not null default 0,
  created_at timestamptz not null default now(),
  constraint file_has_place check (draft_hash is not null or request_id is not null)
);
create index file_by_draft on file (draft_hash) where draft_hash is not null;
create index file_by_request on file (request_id) where request_id is not null;

create table file_content (
  file_id uuid primary key references file on delete cascade,
  bytes bytea not null
);

create table letter (
  id uuid primary key,
  entity text not null,
  request_id uuid references request on delete cascade,
  kind text not null,
  recipient text not null,
  subject text not null,
  text_body text not null,
  html_body text not null,
  sender_entity text not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  message_id text,
  attempts integer not null default 0,
  last_error text
);
comment on column letter.request_id is 'A job under way when the request is erased must not leave a letter behind: its insert fails then.';
comment on table letter is 'Mails and the proof of their sending. One row for each (event, kind, recipient): a job that runs twice sends once.';
create index letter_by_request on letter (request_id);

-- Row-level security -------------------------------------------------------------------------------------------

alter table request enable row level security;
alter table request force row level security;
alter table request_entity enable row level security;
alter table request_entity force row level security;
alter table request_event enable row level security;
alter table request_event force row level security;
alter table draft enable row level security;
alter table draft force row level security;
alter table file enable row level security;
alter table file force row level security;
alter table file_content enable row level security;
alter table file_content force row level security;
alter table letter enable row level security;
alter table letter force row level security;

create policy seen on request_entity for select using (entity = any (interco_entities()));
create policy changed on request_entity for update using (entity = any (interco_entities())) with check (entity = any (interco_entities()));
create policy removed on request_entity for delete using (entity = any (interco_entities()));
create policy filed on request_entity for insert with check (entity = any (interco_entities()) or owner = current_setting('interco.site', true));

create policy processed on request for select using (
  exists (select from request_entity re
          where re.request_id = request.id and re.entity = any (interco_entities()) and re.relation in ('in_charge', 'triage')));
create policy own on request for select using (citizen_sub = nullif(current_setting('interco.citizen', true), ''));
create policy tracked on request for select using (tracking_hmac = decode(nullif(current_setting('interco.tracking', true), ''), 'hex'));
create policy filed on request for insert with check (entity = current_setting('interco.site', true) or entity = any (interco_entities()));
create policy changed on request for update using (
  exists (select from request_entity re
          where re.request_id = request.id and re.entity = any (interco_entities()) and re.relation in ('in_charge', 'triage')));
-- The owner's erasure and repair act on every request it owns, through the worker only.
create policy owned on request for all to :worker using (entity = any (interco_entities()));

create policy concerned on request_event for select using (
  exists (select from request_entity re
          where re.request_id = request_event.request_id and re.entity = any (interco_entities()) and re.relation <> 'gone'
            and (visibility in ('status', 'shared') or author_entity = re.entity
                 or (visibility = 'citizen' and re.relation in ('in_charge', 'triage')))));
create policy own on request_event for select using (
  visibility in ('status', 'citizen') and exists (
    select from request r where r.id = request_event.request_id
      and (r.citizen_sub = nullif(current_setting('interco.citizen', true), '')
           or r.tracking_hmac = decode(nullif(current_setting('interco.tracking', true), ''), 'hex'))));
create policy written on request_event for insert with check (owner = any (interco_entities()) or author_entity = any (interco_entities()));
-- A visitor's submission: its first lines, and no other.
create policy filed on request_event for insert with check (
  owner = current_setting('interco.site', true) and visibility = 'status' and kind in ('registered', 'dispatched', 'triage'));
-- The author of a request adds to it, in nobody's name: the request must be one this transaction may read as a citizen.
create policy added on request_event for insert with check (
  kind = 'citizen-message' and visibility = 'citizen' and author_entity is null and author_agent is null and exists (
    select from request r where r.id = request_event.request_id and r.entity = request_event.owner
      and (r.citizen_sub = nullif(current_setting('interco.citizen', true), '')
           or r.tracking_hmac = decode(nullif(current_setting('interco.tracking', true), ''), 'hex'))));
create policy owned on request_event for all to :worker using (owner = any (interco_entities()));

-- A draft is found by its token's hash, which only its bearer knows; the site it was begun on is checked besides.
create policy begun on draft for all using (entity = current_setting('interco.site', true)) with check (entity = current_setting('interco.site', true));
create policy expired on draft for all to :worker using (entity = any (interco_entities()));

create policy attached on file for select using (
  entity = current_setting('interco.site', true) and draft_hash is not null
  or exists (select from request r where r.id = file.request_id));
create policy drafted on file for all using (entity = current_setting('interco.site', true) and draft_hash is not null)
  with check (entity = current_setting('interco.site', true));
create policy owned on file for all to :worker using (entity = any (interco_entities()));

create policy attached on file_content for select using (exists (select from file f where f.id = file_content.file_id));
create policy written on file_content for insert with check (exists (select from file f where f.id = file_content.file_id));
create policy owned on file_content for delete using (exists (select from file f where f.id = file_content.file_id));

create policy own on letter for select using (entity = any (interco_entities()) or sender_entity = any (interco_entities()));
create policy kept on letter for all to :worker using (entity = any (interco_entities())) with check (entity = any (interco_entities()));

grant select, insert, update on request to :service;
grant select, insert, update, delete on request_entity to :service;
grant select, insert on request_event to :service;
grant select, insert, update, delete on draft, file, file_content to :service;
grant select on letter to :service;
grant select, insert, update, delete on request, request_entity, request_event, draft, file, file_content, letter to :worker;
