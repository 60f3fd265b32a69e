-- Who may work here: agents of hosted entities, and agents other entities authorised on shared requests.

create function interco_entities() returns text[] language sql stable parallel safe
  return string_to_array(current_setting('interco.entities', true), ',');
comment on function interco_entities is 'The entities this transaction acts for. On a reused connection the setting is '''' and not null: that makes {""} or {}, which matches no entity.';

create table agent (
  entity text not null references entity,
  email text not null constraint agent_email_lower check (email = lower(email)),
  agent_id text,
  given_name text not null,
  family_name text not null,
  role text not null constraint agent_role check (role in ('agent', 'admin', 'ops')),
  teams text[] not null default '{}',
  presence text[] not null default '{monday,tuesday,wednesday,thursday,friday}',
  stand_in text,
  authorised boolean not null default false,
  active boolean not null default true,
  invited_at timestamptz not null default now(),
  primary key (entity, email)
);
comment on table agent is 'An invitation by verified e-mail, bound to the territory-wide agent_id at first sign-in.';
create unique index agent_by_id on agent (entity, agent_id) where agent_id is not null;

create table authorisation (
  entity text not null,
  agent_id text not null,
  rights text[] not null,
  version bigint not null,
  granted_at timestamptz not null,
  withdrawn_at timestamptz,
  primary key (entity, agent_id)
);
comment on table authorisation is 'A commune''s word that its agent may act for it on shared requests; lives on the agglomeration''s instance.';

create table session (
  id_hash bytea primary key,
  entity text not null,
  kind text not null constraint session_kind check (kind in ('citizen', 'agent')),
  client_id text not null,
  sid text not null,
  sub text not null,
  agent_id text,
  active_entity text,
  claims jsonb not null,
  refresh_sealed bytea,
  renewed_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
comment on table session is 'A site session. Found by the hash of its cookie only; back-channel logout ends those of one (client, sid).';
create index session_by_sid on session (client_id, sid);
create index session_by_sub on session (client_id, sub);
create index session_by_expiry on session (expires_at);

create table logout_token (
  jti text primary key,
  expires_at timestamptz not null
);
comment on table logout_token is 'Logout tokens already used: one that comes again is refused (OpenID Back-Channel Logout 1.0 §2.6).';

create table audit_entry (
  id uuid primary key,
  entity text not null,
  at timestamptz not null default now(),
  agent_id text,
  agent_name text,
  act text not null,
  request_id uuid,
  details jsonb not null default '{}'
);
comment on table audit_entry is 'Who saw and did what. Append-only: services may insert and read, never change.';
create index audit_entry_by_entity on audit_entry (entity, id desc);

alter table agent enable row level security;
alter table agent force row level security;
-- Read before a scope exists, by the agent_id or verified e-mail of who signs in.
create policy agent_read on agent for select using (true);
create policy agent_write on agent for all using (entity = any (interco_entities())) with check (entity = any (interco_entities()));

alter table audit_entry enable row level security;
alter table audit_entry force row level security;
create policy audit_read on audit_entry for select using (entity = any (interco_entities()));
create policy audit_write on audit_entry for insert with check (entity = any (interco_entities()));

grant select, insert, update on agent, authorisation to :service;
grant select on agent, authorisation to :worker;
grant select, insert, update, delete on session, logout_token to :service;
grant select, delete on session, logout_token to :worker;
grant select, insert on audit_entry to :service, :worker;
