-- The console of the provider's own administrators: who they are, what they may read of the journal, and second factors that two
-- persons take away together.

create table administrator (
  account_id uuid primary key references account on delete cascade,
  named_by uuid,
  named_at timestamptz not null default now()
);
comment on table administrator is 'who administers the identity provider: professional accounts, named by the operator''s command; the service can only read it';
comment on column administrator.named_by is 'the administrator who named them; null: the operator, by the command';

create table entity_official (
  client_id text primary key references client on delete cascade,
  name text not null constraint entity_official_name_bounded check (length(name) between 1 and 200),
  email text not null constraint entity_official_email_bounded check (length(email) <= 254),
  named_at timestamptz not null default now()
);
comment on table entity_official is 'the elected official named when an entity was opened: the second person where it has no other administrator';

create table factor_reset (
  id uuid primary key,
  account_id uuid not null references account on delete cascade,
  reason text not null constraint factor_reset_reason_bounded check (length(reason) between 10 and 500),
  asked_by uuid not null,
  asked_at timestamptz not null default now(),
  expires_at timestamptz not null,
  way text not null constraint factor_reset_way check (way in ('entity', 'official', 'administrator')),
  client_id text references client on delete cascade,
  confirm_link bytea unique,
  stop_link bytea not null unique,
  confirmed_by uuid,
  ended_at timestamptz,
  outcome text constraint factor_reset_outcome check (outcome in ('done', 'refused', 'stopped')),
  constraint factor_reset_has_its_entity check ((client_id is null) = (way = 'administrator')),
  constraint factor_reset_link_is_the_officials check ((confirm_link is not null) = (way = 'official')),
  constraint factor_reset_ended_whole check ((ended_at is null) = (outcome is null)),
  constraint factor_reset_two_persons check (confirmed_by <> asked_by and confirmed_by <> account_id and asked_by <> account_id)
);
comment on table factor_reset is 'second factors to be taken from an account: one administrator asks, another person confirms';
comment on column factor_reset.way is 'who confirms: an administrator of the entity on its own instance, its elected official by a link, or another administrator of the provider';
comment on column factor_reset.confirm_link is 'SHA-256 of the token in the official''s mail';
comment on column factor_reset.stop_link is 'SHA-256 of the token in the mail of the account''s person';
comment on column factor_reset.confirmed_by is 'the account of who confirmed; null where the official did, who has none';
create unique index factor_reset_one_open on factor_reset (account_id) where ended_at is null;
create index factor_reset_by_client on factor_reset (client_id) where ended_at is null;
create index factor_reset_by_expiry on factor_reset (expires_at);

grant select on administrator to :service;
grant select, insert, update on entity_official to :service;
grant select, insert, delete on factor_reset to :service;
grant update (confirmed_by, ended_at, outcome) on factor_reset to :service;

-- Newest at its end: a line costs one write to a page that is at hand.
create index sign_in_event_by_time on sign_in_event (at, id);

-- All that the service reads of others' lines goes through here, and leaves a line itself: no search is without trace.
-- It looks at 20,000 lines at most; `hit` is false for a last row that only says where to go on.
create function search_sign_in_events(line uuid, administrator uuid, wanted_accounts uuid[], wanted_kind text,
    wanted_client text, since timestamptz, until timestamptz, before_at timestamptz, before_id uuid, lines int)
  returns table (id uuid, at timestamptz, kind text, account_id uuid, client_id text, detail jsonb, hit boolean)
  language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  looked constant int := 20000;
begin
  if not exists (select from administrator a join account c on c.id = a.account_id
      where a.account_id = search_sign_in_events.administrator and c.deactivated_at is null) then
    raise exception 'only an administrator searches the journal' using errcode = 'insufficient_privilege';
  end if;
  insert into sign_in_event (id, kind, account_id, client_id, detail)
    values (line, 'journal_searched', wanted_accounts[1], wanted_client, jsonb_strip_nulls(jsonb_build_object(
      'by', administrator, 'kind', wanted_kind, 'since', since::date, 'until', until::date,
      'further', case when before_at is not null then true end)));
  if wanted_accounts is null then
    return query with
      seen as materialized (select e.* from sign_in_event e
        where e.at >= since and e.at < until and e.id <> line and (before_at is null or (e.at, e.id) < (before_at, before_id))
        order by e.at desc, e.id desc limit looked),
      hits as (select s.* from seen s
        where (wanted_kind is null or s.kind = wanted_kind) and (wanted_client is null or s.client_id = wanted_client)
        order by s.at desc, s.id desc limit least(lines, 100))
      select h.id, h.at, h.kind, h.account_id, h.client_id, h.detail, true from hits h
      union all
      (select s.id, s.at, s.kind, null::uuid, null::text, null::jsonb, false from seen s
        where (select count(*) from seen) = looked order by s.at, s.id limit 1)
      order by 2 desc, 1 desc;
  else
    return query with
      seen as materialized (select e.* from sign_in_event e
        where e.account_id = any (wanted_accounts) and e.id <> line order by e.id desc limit looked)
      select s.id, s.at, s.kind, s.account_id, s.client_id, s.detail, true from seen s
        where s.at >= since and s.at < until and (before_at is null or (s.at, s.id) < (before_at, before_id))
          and (wanted_kind is null or s.kind = wanted_kind) and (wanted_client is null or s.client_id = wanted_client)
        order by s.at desc, s.id desc limit least(lines, 100);
  end if;
end $$;
comment on function search_sign_in_events is 'lines of the journal for an administrator, latest first; each search is a line too, found by the next one';
revoke all on function search_sign_in_events from public;
grant execute on function search_sign_in_events to :service;
