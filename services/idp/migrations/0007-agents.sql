-- Professional accounts: made by an invitation, kept by the word of the entities somebody works for, ended at once.

alter table account
  add column deactivated_at timestamptz,
  add column deactivated_reason text
    constraint account_deactivated_reason check (deactivated_reason in ('operator', 'left')),
  add column kept_by_operator boolean not null default false,
  add constraint account_deactivated_whole check ((deactivated_at is null) = (deactivated_reason is null)),
  add constraint account_left_is_professional check (deactivated_reason is distinct from 'left' or kind = 'professional');
comment on column account.deactivated_at is 'since when nobody signs in with it; null while it is in use';
comment on column account.deactivated_reason is 'operator: ends by the operator''s word alone. left: no entity says any more that this person works for it';
comment on column account.kept_by_operator is 'the operator made it without naming an entity: no entity''s word ends it';
-- Nobody knows for whom the accounts made until now work: theirs is the operator's to end.
update account set kept_by_operator = true where kind = 'professional';

create table agent_access (
  client_id text not null references client on delete cascade,
  email_key text not null constraint agent_access_key_bounded check (length(email_key) <= 254),
  email text not null constraint agent_access_email_bounded check (length(email) <= 254),
  given_name text constraint agent_access_given_name_bounded check (length(given_name) <= 100),
  family_name text constraint agent_access_family_name_bounded check (length(family_name) <= 100),
  account_id uuid references account on delete cascade,
  link bytea unique,
  link_expires_at timestamptz,
  said_at timestamptz not null,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (client_id, email_key),
  constraint agent_access_link_expires check ((link is null) = (link_expires_at is null)),
  constraint agent_access_ended_has_no_link check (ended_at is null or link is null)
);
comment on table agent_access is 'an entity''s word that somebody works for it, by the address it invited: neither role nor right, which are the entity''s own';
comment on column agent_access.account_id is 'who came with that address; null until an invitation is accepted';
comment on column agent_access.link is 'SHA-256 of the token in the mail: whoever reads this table can accept nothing';
comment on column agent_access.said_at is 'when the entity said it: a word that comes late changes nothing';
create index agent_access_by_account on agent_access (account_id) where account_id is not null;
create index agent_access_by_email on agent_access (email_key) where account_id is null;
create index agent_access_by_age on agent_access (client_id, created_at);

grant select, insert, update, delete on agent_access to :service;

-- Scope `agent` is a backoffice's (RFC 7591 §2, `scope`). Every site registered until now has one.
update client set metadata = metadata || '{"scope": "openid offline_access profile email agent requests"}'
  where not metadata ? 'scope';
