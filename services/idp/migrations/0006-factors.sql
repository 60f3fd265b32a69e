-- Second factors: passkeys and security keys, one authenticator program, printed codes; and the way back to an account.
create table passkey (
  credential_id bytea primary key constraint passkey_id_bounded check (length(credential_id) between 16 and 1023),
  account_id uuid not null references account on delete cascade,
  name text not null constraint passkey_name_bounded check (length(name) between 1 and 60),
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  syncable boolean not null,
  backed_up boolean not null,
  created_at timestamptz not null default now(),
  used_at timestamptz
);
comment on table passkey is 'WebAuthn credentials, discoverable, user verified: the public half only';
comment on column passkey.counter is 'signatures the authenticator says it made: one that goes back is a copy';
comment on column passkey.syncable is 'backup eligible: it may live on several devices';
create index passkey_by_account on passkey (account_id);

create table authenticator (
  account_id uuid primary key references account on delete cascade,
  sealed_secret bytea not null,
  used_steps bigint[] not null default '{}',
  created_at timestamptz not null default now(),
  used_at timestamptz
);
comment on table authenticator is 'the program that shows codes (RFC 6238), one an account; its secret encrypted';
comment on column authenticator.used_steps is 'whose codes were used, as long as they would still hold: each is good once';

create table printed_code (
  account_id uuid not null references account on delete cascade,
  code bytea not null,
  created_at timestamptz not null default now(),
  used_at timestamptz,
  primary key (account_id, code)
);
comment on table printed_code is 'codes on paper, as HMACs under a key that is not in this database; each is good once';

create table factor_step (
  key bytea primary key,
  account_id uuid references account on delete cascade,
  amr text[] not null default '{}',
  signed_in_at timestamptz,
  challenge text,
  pending bytea,
  at timestamptz not null default now(),
  expires_at timestamptz not null
);
comment on table factor_step is 'between the first factor and the end of a sign-in, or while a factor is set up';
comment on column factor_step.key is 'SHA-256 of the interaction, session or link it belongs to: nobody else goes on with it';
comment on column factor_step.signed_in_at is 'of a step-up: when the person had signed in, which stays';
comment on column factor_step.challenge is 'WebAuthn''s, taken by the first answer';
comment on column factor_step.pending is 'a secret or codes that aren''t confirmed yet, encrypted';
create index factor_step_by_expiry on factor_step (expires_at);
create index factor_step_by_account on factor_step (account_id) where account_id is not null;

create table recovery (
  id bytea primary key,
  account_id uuid not null references account on delete cascade,
  interaction_uid text,
  client_id text,
  language text not null constraint recovery_language check (language in ('fr', 'en')),
  proof bytea,
  amr text[] not null default '{}',
  ticket bytea unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
comment on table recovery is 'a forgotten password: links sent by mail, each good once';
comment on column recovery.id is 'SHA-256 of the token in the mail';
comment on column recovery.proof is 'SHA-256 of a cookie: the browser that showed the second factor, and no other, goes on';
comment on column recovery.ticket is 'SHA-256 of what lets that browser end the sign-in it was begun from; good once, two minutes';
create index recovery_by_expiry on recovery (expires_at);
create index recovery_by_account on recovery (account_id);

grant select, insert, delete on passkey, authenticator, printed_code, factor_step, recovery to :service;
grant update (name, counter, backed_up, used_at) on passkey to :service;
grant update (sealed_secret, used_steps, created_at, used_at) on authenticator to :service;
grant update (used_at) on printed_code to :service;
grant update on factor_step to :service;
grant update (proof, amr, ticket, used_at) on recovery to :service;
