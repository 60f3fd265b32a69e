-- A team is told of what arrives at once, then at most every ten minutes: a storm must not fill its mailbox.

create table team_notice (
  owner text not null,
  entity text not null,
  team text not null,
  request_id uuid not null references request on delete cascade,
  job text,
  primary key (entity, team, request_id)
);
comment on table team_notice is 'Requests a team has not been told of yet; "job" is set once a letter is being written of them.';

create table team_told (
  entity text not null,
  team text not null,
  told_at timestamptz not null,
  primary key (entity, team)
);
comment on table team_told is 'When a team was last told of new requests.';

alter table team_notice enable row level security;
alter table team_notice force row level security;
create policy owned on team_notice for all to :worker using (owner = any (interco_entities())) with check (owner = any (interco_entities()));

grant select, insert, update, delete on team_notice, team_told to :worker;
