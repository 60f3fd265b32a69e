-- An event is written once and read once, as text: as jsonb it was taken apart at each submission for nobody.

alter table outbox alter column payload type text using payload::text;
