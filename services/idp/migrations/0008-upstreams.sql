-- People may come from another provider of identity: FranceConnect, ProConnect, an entity's own directory.

create table pivot_identity (
  pivot bytea primary key,
  account_id uuid not null constraint pivot_identity_one_an_account unique references account on delete cascade,
  created_at timestamptz not null default now()
);
comment on table pivot_identity is 'who an account''s person is to FranceConnect, whichever entity''s client asked';
comment on column pivot_identity.pivot is 'HMAC of the pivot identity (names, birth, gender) under a key that is not in this database; nothing else is kept of it';

create table upstream_identity (
  upstream text not null,
  entity text not null default '',
  subject bytea not null,
  account_id uuid not null references account on delete cascade,
  created_at timestamptz not null default now(),
  used_at timestamptz not null default now(),
  primary key (upstream, entity, subject)
);
comment on table upstream_identity is 'who may sign in to an account by coming from an upstream';
comment on column upstream_identity.entity is 'whose client the subject is of: FranceConnect gives each entity another one; empty where the territory has one client';
comment on column upstream_identity.subject is 'HMAC of its sub under a key that is not in this database';
create index upstream_identity_by_account on upstream_identity (account_id);

create table upstream_attempt (
  state bytea primary key,
  browser bytea not null,
  upstream text not null,
  entity text not null,
  interaction_uid text not null,
  client_id text not null,
  expires_at timestamptz not null
);
comment on table upstream_attempt is 'somebody sent to an upstream who hasn''t come back; each is good once';
comment on column upstream_attempt.state is 'SHA-256 of the state sent along; nonce and PKCE verifier are derived from it by a key that is not in this database';
comment on column upstream_attempt.browser is 'SHA-256 of the cookie of the browser that was sent: no other may come back with it';
create index upstream_attempt_by_expiry on upstream_attempt (expires_at);

create table upstream_arrival (
  id bytea primary key,
  upstream text not null,
  entity text not null,
  subject bytea not null,
  pivot bytea,
  amr text[] not null,
  sealed bytea not null,
  interaction_uid text not null,
  code bytea,
  account_id uuid references account on delete cascade,
  attempts int not null default 0 constraint upstream_arrival_attempts_bounded check (attempts between 0 and 5),
  expires_at timestamptz not null
);
comment on table upstream_arrival is 'somebody an upstream has vouched for, in the sign-in they began, until their account is known';
comment on column upstream_arrival.id is 'SHA-256 of the cookie of the browser they came back with';
comment on column upstream_arrival.sealed is 'names and address for an account to be made, and the ID token for signing out, encrypted';
comment on column upstream_arrival.account_id is 'whose they have shown to be; bound to it once that sign-in has ended, second factor included';
comment on column upstream_arrival.code is 'HMAC of the code last mailed; five tries';
create index upstream_arrival_by_expiry on upstream_arrival (expires_at);
create index upstream_arrival_by_account on upstream_arrival (account_id) where account_id is not null;

create table upstream_session (
  browser bytea primary key,
  account_id uuid not null references account on delete cascade,
  upstream text not null,
  entity text not null,
  sealed_id_token bytea not null,
  expires_at timestamptz not null
);
comment on table upstream_session is 'where a browser''s person is signed in besides, so that signing out here signs them out there';
create index upstream_session_by_expiry on upstream_session (expires_at);
create index upstream_session_by_account on upstream_session (account_id);

create table upstream_logout (
  state bytea primary key,
  target text not null,
  expires_at timestamptz not null
);
comment on table upstream_logout is 'where somebody goes on to, once an upstream has signed them out';
create index upstream_logout_by_expiry on upstream_logout (expires_at);

grant select, insert, delete on pivot_identity to :service;
grant select, insert, delete on upstream_identity, upstream_attempt, upstream_arrival, upstream_session, upstream_logout to :service;
grant update (used_at) on upstream_identity to :service;
grant update (sealed, code, attempts, account_id) on upstream_arrival to :service;
grant update (account_id, upstream, entity, sealed_id_token, expires_at) on upstream_session to :service;
