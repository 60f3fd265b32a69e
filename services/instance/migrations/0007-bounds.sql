-- What strangers may make this database keep, answer or remember is bounded.

-- As it came: jsonb refuses \u0000, and an event that can't be parked would hold up everybody's.
alter table inbox_dead alter column payload type text using payload::text;
alter table inbox_dead add column speaker text not null default '';
update inbox_dead set speaker = split_part(subject, '.', 2) where subject like 'entity.%';
comment on column inbox_dead.speaker is 'The entity whose account said it; empty for what the agglomeration says. What is kept of each is bounded.';
create index inbox_dead_by_speaker on inbox_dead (entity, speaker, id);
create index inbox_dead_by_age on inbox_dead (since);
grant delete on inbox_dead to :service, :worker;

alter table projection_state
  drop column rebuild_started_at,
  add column digests_paid_until timestamptz,
  add column repairs_paid_until timestamptz;
comment on column projection_state.digests_paid_until is 'At the source: each comparison asked for costs this entity some time, and is refused when that lies too far ahead.';
comment on column projection_state.repairs_paid_until is 'At the source: the same, of rows said again.';

-- What is due for erasure at the end of its retention.
create index request_by_retention on request (entity, procedure_slug, procedure_version, closed_at) where closed_at is not null;

-- The proof of a team's letter named the requests it told of, and an erasure didn't reach it.
alter table letter no force row level security;
update letter set text_body = '', html_body = '' where request_id is null and kind = 'agents-new-many';
alter table letter force row level security;
