-- What a person does with their own account, how they are told of it, and how long it is kept without them.

alter table account
  add column language text not null default 'fr' constraint account_language check (language in ('fr', 'en')),
  add column signed_in_on date not null default current_date,
  add column deletion_due_at timestamptz,
  add column warned int not null default 0 constraint account_warned_twice_at_most check (warned between 0 and 2),
  add column warned_at timestamptz,
  add column must_recover_since timestamptz,
  add constraint account_warned_at_some_time check ((warned = 0) = (warned_at is null));
comment on column account.language is 'of the pages at the last sign-in: what is written later is written in it';
comment on column account.signed_in_on is 'the day of the last sign-in, or that it was made';
comment on column account.deletion_due_at is 'its person asked for its deletion: erased then, unless they sign in before';
comment on column account.warned is 'mails that said it would be erased for want of sign-ins; 0 again at the next one';
comment on column account.must_recover_since is 'its person said that something wasn''t them: no credential is good until recovery gave another password';
create index account_to_delete on account (deletion_due_at) where deletion_due_at is not null;
create index account_by_last_sign_in on account (warned, signed_in_on);

create table told_change (
  id bytea primary key,
  account_id uuid not null references account on delete cascade,
  kind text not null constraint told_change_kind_bounded check (length(kind) <= 60),
  told_to text not null,
  former_email text,
  former_email_key text,
  told_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint told_change_former_whole check ((former_email is null) = (former_email_key is null))
);
comment on table told_change is 'sensitive changes told by mail, each with a link that says "it wasn''t me"';
comment on column told_change.id is 'SHA-256 of the token in the mail';
comment on column told_change.former_email is 'the address before a change of it, kept as long as the change can be undone';
create index told_change_by_account on told_change (account_id, told_at);
create index told_change_by_expiry on told_change (expires_at);

create table email_change (
  id bytea primary key,
  account_id uuid not null references account on delete cascade constraint email_change_one_an_account unique,
  email text not null constraint email_change_email_bounded check (length(email) <= 254),
  email_key text not null,
  code bytea not null,
  attempts int not null default 0 constraint email_change_attempts_bounded check (attempts between 0 and 5),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
comment on table email_change is 'a new address until it has answered; written whether or not it has an account: only the mail differs';
comment on column email_change.id is 'SHA-256 of the token in the mail';
comment on column email_change.code is 'HMAC of the code in the mail under a key that is not in this database';
create index email_change_by_expiry on email_change (expires_at);

create table session_device (
  session_uid text primary key,
  account_id uuid not null references account on delete cascade,
  browser text not null constraint session_device_browser_bounded check (length(browser) <= 20),
  system text not null constraint session_device_system_bounded check (length(system) <= 20),
  network text not null constraint session_device_network_bounded check (length(network) <= 40),
  signed_in_at timestamptz not null default now()
);
comment on table session_device is 'what a person sees of their sessions; gone twelve hours after the sign-in';
comment on column session_device.network is 'the first half of an IPv4 address, a quarter of an IPv6 one';
create index session_device_by_account on session_device (account_id);
create index session_device_by_age on session_device (signed_in_at);

-- An account's sessions and the sign-ins it has under way, to list and to end them.
create index artifact_by_account on artifact (account_id)
  where account_id is not null and kind in ('Session', 'Interaction');

create index sign_in_event_by_account on sign_in_event (account_id, id) where account_id is not null;

create function sign_in_events_of(account uuid, before uuid, lines int)
  returns table (id uuid, at timestamptz, kind text, client_id text, address_key bytea, detail jsonb)
  language sql stable security definer set search_path = public, pg_temp as $$
  select e.id, e.at, e.kind, e.client_id, e.address_key, e.detail from sign_in_event e
    where e.account_id = account and (before is null or e.id < before)
    order by e.id desc limit least(lines, 1000)
$$;
comment on function sign_in_events_of is 'the lines of one account, latest first: all that the service may read of the journal';
revoke all on function sign_in_events_of from public;
grant execute on function sign_in_events_of to :service;

grant delete on account to :service;
grant select, insert, delete on told_change, email_change, session_device to :service;
grant update (used_at) on told_change to :service;
grant update (id, email, email_key, code, attempts, created_at, expires_at) on email_change to :service;
grant update (browser, system, network, signed_in_at) on session_device to :service;
