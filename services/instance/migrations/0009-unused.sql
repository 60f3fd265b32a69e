-- What was only written, or only there. Rosters say who is present and who stands in; a photo's size is read in the photo.

alter table entity drop column population, drop column edited_at;
alter table site_content drop column edited_at;
alter table file drop column position;
-- A submission paid for it, and no query reads it: neighbours are looked for in the rows of `request_entity`.
drop index request_place;

-- The version before names these, and still runs while this one is put in its place: a later migration drops them.
alter table authorisation alter column granted_at set default now();
alter table stream_state alter column seen_at set default now();
comment on column agent.presence is 'Unused since 0009.';
comment on column agent.stand_in is 'Unused since 0009.';
comment on column authorisation.granted_at is 'Unused since 0009.';
comment on column draft.reached is 'Unused since 0009.';
comment on column file.width is 'Unused since 0009.';
comment on column file.height is 'Unused since 0009.';
comment on column stream_state.seen_at is 'Unused since 0009.';

comment on table kept_form is 'What somebody sent after their session had ended, until they have signed in again; an hour at most.';
