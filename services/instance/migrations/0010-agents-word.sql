-- The identity provider is told who works here: it mails invitations, and ends accounts nobody needs any more.

alter table agent
  add column said_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  add column told_at timestamptz,
  add column told_refused boolean not null default false;
comment on column agent.said_at is 'When the entity last said whether this person works for it.';
comment on column agent.told_at is 'The word of said_at that the identity provider heard last; null: none.';
comment on column agent.told_refused is 'It heard that word and won''t pass it on: the address or the name can''t be written to.';
-- Whoever is here has an account already; who was invited and has none is invited again.
update agent set said_at = date_trunc('milliseconds', invited_at), told_at = date_trunc('milliseconds', invited_at);

-- A portal's session never carries what is released to backoffices alone.
alter table session add constraint session_of_portal_names_no_agent check (kind = 'agent' or agent_id is null);

grant update (told_at, told_refused) on agent to :worker;
