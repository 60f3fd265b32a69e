-- An agent's session may end while they type: what they send then waits for them to sign in again.

create table kept_form (
  id uuid primary key,
  token_hash bytea not null,
  entity text not null references entity,
  sealed bytea not null,
  expires_at timestamptz not null
);
comment on table kept_form is 'What an agent sent after their session had ended, until they have signed in again; an hour at most.';
comment on column kept_form.sealed is 'Under a key only the bearer of the token can make: a cookie of the browser that sent it.';
create index kept_form_by_expiry on kept_form (expires_at);

grant select, insert, update, delete on kept_form to :service;
