-- A citizen asks for an account; it exists once their address has answered.
create table registration (
  id bytea primary key,
  email text not null constraint registration_email_bounded check (length(email) <= 254),
  email_key text not null,
  given_name text not null constraint registration_given_name_bounded check (length(given_name) <= 100),
  family_name text not null constraint registration_family_name_bounded check (length(family_name) <= 100),
  password_hash text,
  code bytea not null,
  attempts int not null default 0 constraint registration_attempts_bounded check (attempts between 0 and 5),
  interaction_uid text,
  client_id text,
  language text not null constraint registration_language check (language in ('fr', 'en')),
  account_id uuid references account on delete cascade,
  ticket bytea unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint registration_used_forgets_the_password check ((used_at is null) = (password_hash is not null))
);
comment on table registration is 'written whether or not the address has an account: only the mail differs';
comment on column registration.id is 'SHA-256 of the token in the mail: whoever reads this table can confirm nothing';
comment on column registration.code is 'HMAC of the code in the mail under a key that is not in this database';
comment on column registration.attempts is 'codes typed: five, then another mail must be asked for';
comment on column registration.interaction_uid is 'the sign-in of the browser it was begun from';
comment on column registration.ticket is 'SHA-256 of what lets that browser, and no other, end its sign-in; good once, two minutes';
create index registration_by_expiry on registration (expires_at);
create index registration_by_account on registration (account_id) where account_id is not null;

create table mail (
  id uuid primary key,
  recipient text not null,
  kind text not null,
  subject text not null,
  text_body text,
  html_body text,
  attempts int not null default 0,
  created_at timestamptz not null default now(),
  due_at timestamptz,
  sent_at timestamptz,
  last_error text,
  constraint mail_waits_with_its_text check ((due_at is null) = (text_body is null) and (due_at is null) = (html_body is null))
);
comment on table mail is 'what leaves by mail: written with what it tells of, sent after';
comment on column mail.due_at is 'when it is tried next; null once it was sent or given up, and its text is gone then';
create index mail_by_due on mail (due_at) where due_at is not null;
create index mail_waiting on mail (recipient) where due_at is not null;
create index mail_by_age on mail (created_at);

grant select, insert, delete on registration, mail to :service;
grant update (attempts, used_at, password_hash, account_id, ticket) on registration to :service;
grant update (attempts, due_at, sent_at, last_error, text_body, html_body) on mail to :service;
