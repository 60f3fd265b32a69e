-- Cookies are signed by keys that change as those of tokens do, without a sign-in that fails.
alter table signing_key drop constraint signing_key_alg;
alter table signing_key add constraint signing_key_alg check (alg in ('ES256', 'RS256', 'cookies'));
comment on column signing_key.alg is 'what it signs: tokens of an algorithm, or this service''s cookies';

-- What a person answered where a site asked for more than it needs.
create table consent (
  account_id uuid not null references account on delete cascade,
  client_id text not null references client on delete cascade,
  accepted text[] not null,
  refused text[] not null,
  answered_at timestamptz not null default now(),
  primary key (account_id, client_id)
);
comment on table consent is 'scopes a person let a site have, or not; without a line nobody was asked';
create index consent_by_client on consent (client_id);
create index artifact_grants_by_account on artifact (account_id) where kind = 'Grant';

-- RFC 7592: who registered a client may read, change and remove it.
alter table client add column registration_key bytea constraint client_registration_key_once unique;
comment on column client.registration_key is 'SHA-256 of its registration access token: the latest one given, and no other';

-- A site that never heard of a sign-out stays visible after the last attempt.
alter table logout_delivery add column abandoned_at timestamptz;
comment on column logout_delivery.abandoned_at is 'given up then: the site''s session has ended by itself since';
drop index logout_delivery_by_due;
create index logout_delivery_by_due on logout_delivery (due_at) where abandoned_at is null;
create index logout_delivery_abandoned on logout_delivery (abandoned_at) where abandoned_at is not null;

grant select, insert, update, delete on consent to :service;
grant delete on client to :service;
