-- The identity provider knows accounts and which sites exist; it knows no request and no role.

create table account (
  id uuid primary key,
  kind text not null constraint account_kind check (kind in ('personal', 'professional')),
  email text not null,
  email_key text not null,
  email_verified boolean not null,
  given_name text not null,
  family_name text not null,
  agent_id uuid unique,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint account_agent_is_professional check ((kind = 'professional') = (agent_id is not null)),
  constraint account_email_once_a_kind unique (email_key, kind)
);
comment on column account.email_key is 'the address in lower case, NFKC: what somebody types is looked up by it';
comment on column account.agent_id is 'the one territory-wide identifier, released by scope agent for professional accounts only';

create table password (
  account_id uuid primary key references account on delete cascade,
  hash text not null,
  changed_at timestamptz not null default now()
);
comment on table password is 'argon2id of the password after an HMAC with a pepper that is not in this database';

create table client (
  client_id text primary key,
  entity text not null unique,
  metadata jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table client is 'one OpenID client an entity; the metadata of its RFC 7591 registration';

create table artifact (
  id bytea primary key,
  kind text not null,
  payload jsonb not null,
  account_id uuid,
  grant_key bytea,
  session_uid text,
  signed_in_at timestamptz,
  expires_at timestamptz not null,
  consumed_at timestamptz
);
comment on table artifact is 'sessions, interactions, grants, codes and tokens of the OpenID provider';
comment on column artifact.id is 'SHA-256 of the kind and the token: whoever reads this table can use none of them';
comment on column artifact.grant_key is 'id of the grant row a code or token depends on';
comment on column artifact.session_uid is 'of a session: its uid; of a code or token: the session it lives with';
create index artifact_session on artifact (session_uid) where kind = 'Session';
create index artifact_by_grant on artifact (grant_key) where grant_key is not null;
create index artifact_by_expiry on artifact (expires_at);

create table assertion (
  id bytea primary key,
  expires_at timestamptz not null
);
comment on table assertion is 'client assertions seen (RFC 7523 jti): each is good once';
create index assertion_by_expiry on assertion (expires_at);

create table signing_key (
  kid text primary key,
  alg text not null constraint signing_key_alg check (alg in ('ES256', 'RS256')),
  state text not null constraint signing_key_state check (state in ('next', 'current', 'retired')),
  sealed_jwk bytea not null,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);
comment on table signing_key is 'private keys, encrypted; next is published before it signs, retired after it did';
create unique index signing_key_one_current on signing_key (alg) where state = 'current';
create unique index signing_key_one_next on signing_key (alg) where state = 'next';

create table throttle (
  key bytea primary key,
  failures real not null,
  counted_at timestamptz not null,
  blocked_until timestamptz not null
);
comment on table throttle is 'failed sign-ins of an e-mail or a network address (both as HMACs), fading with time';
create index throttle_by_age on throttle (counted_at);

create table logout_delivery (
  id uuid primary key,
  client_id text not null,
  account_id uuid not null,
  sid text not null,
  attempts int not null default 0,
  due_at timestamptz not null,
  created_at timestamptz not null default now(),
  last_error text
);
comment on table logout_delivery is 'back-channel logouts still to be told to a site';
create index logout_delivery_by_due on logout_delivery (due_at);

create table sign_in_event (
  id uuid primary key,
  at timestamptz not null default now(),
  kind text not null,
  account_id uuid,
  client_id text,
  address_key bytea,
  detail jsonb not null default '{}'
);
comment on table sign_in_event is 'append-only journal: the service may add lines and do nothing else with them';

grant select, insert, update on account, password to :service;
grant select, insert, update on client to :service;
grant select, insert, update, delete on artifact, assertion, throttle, logout_delivery to :service;
grant select on signing_key to :service;
grant insert on sign_in_event to :service;
