-- The journal is chained by hashes, so that a line changed, removed, inserted or moved is found, also when the owner did it.
-- A line is added without its place; a chore gives places a second later, so that no sign-in waits for another.

alter table sign_in_event
  add column seq bigint constraint sign_in_event_seq_once unique,
  add column hash bytea,
  add constraint sign_in_event_chained_whole check ((seq is null) = (hash is null));
comment on column sign_in_event.seq is 'place in the chain, without gaps; null until it has been chained';
comment on column sign_in_event.hash is 'sign_in_event_hash of the hash before it and this line';
create index sign_in_event_unchained on sign_in_event (at, id) where seq is null;

create table sign_in_chain (
  one boolean primary key default true constraint sign_in_chain_one check (one),
  start_seq bigint not null,
  start_hash bytea not null,
  head_seq bigint not null,
  head_hash bytea not null
);
comment on table sign_in_chain is 'where the journal''s chain begins (the last line forgotten) and ends; its row is locked by who adds to it';
insert into sign_in_chain (start_seq, start_hash, head_seq, head_hash)
  values (0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex'));

-- Its length before each part: what ends one can't begin the next. Null is not empty.
create function with_length(part bytea) returns bytea language sql immutable parallel safe
  return coalesce(int4send(octet_length(part)) || part, int4send(-1));

create function sign_in_event_hash(previous bytea, line sign_in_event) returns bytea
  language sql immutable parallel safe
  return sha256(previous || int8send(line.seq) || uuid_send(line.id) || timestamptz_send(line.at)
    || with_length(convert_to(line.kind, 'UTF8')) || with_length(uuid_send(line.account_id))
    || with_length(convert_to(line.client_id, 'UTF8')) || with_length(line.address_key)
    || with_length(convert_to(line.detail::text, 'UTF8')));

create function chain_sign_in_events(lines int) returns int
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  chain sign_in_chain;
  line sign_in_event;
  chained int := 0;
begin
  -- Most seconds have no line: nothing is locked, hence nothing written, for them.
  if not exists (select from sign_in_event where seq is null) then return 0; end if;
  -- Who comes while another process is at it has nothing to do.
  select * into chain from sign_in_chain for update skip locked;
  if not found then return 0; end if;
  for line in select * from sign_in_event where seq is null order by at, id limit least(lines, 1000) loop
    chained := chained + 1;
    line.seq := chain.head_seq + chained;
    chain.head_hash := sign_in_event_hash(chain.head_hash, line);
    update sign_in_event set seq = line.seq, hash = chain.head_hash where id = line.id;
  end loop;
  if chained > 0 then
    update sign_in_chain set head_seq = chain.head_seq + chained, head_hash = chain.head_hash;
  end if;
  return chained;
end $$;
comment on function chain_sign_in_events is 'gives lines without a place theirs, at the end of the chain, in the order of their time; how many';

-- Stable: it reads the chain and its lines as they were at one moment, also while lines are added.
create function check_sign_in_chain(from_seq bigint, from_hash bytea, lines int,
    out checked bigint, out checked_hash bytea, out done boolean, out broken bigint, out why text)
  language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
  chain sign_in_chain;
  line sign_in_event;
  latest timestamptz;
  first bigint;
begin
  select * into strict chain from sign_in_chain;
  checked := from_seq;
  checked_hash := from_hash;
  if from_seq < chain.start_seq or from_hash is null then
    checked := chain.start_seq;
    checked_hash := chain.start_hash;
  end if;
  first := checked;
  done := false;
  if checked > chain.head_seq then
    broken := chain.head_seq + 1;
    why := 'removed';
    return;
  end if;
  select at into latest from sign_in_event where seq = checked;
  for line in select * from sign_in_event where seq > checked order by seq limit lines loop
    why := case
      when line.seq > chain.head_seq then 'inserted'
      when line.seq > checked + 1 then 'removed'
      when line.hash is distinct from sign_in_event_hash(checked_hash, line) then 'changed'
      when line.at < latest - interval '10 minutes' then 'backdated'
    end;
    if why is not null then
      broken := case why when 'removed' then checked + 1 else line.seq end;
      return;
    end if;
    checked := line.seq;
    checked_hash := line.hash;
    latest := line.at;
  end loop;
  done := checked >= chain.head_seq;
  if not done and checked < first + lines then
    broken := checked + 1;
    why := 'removed';
  elsif done and checked_hash <> chain.head_hash then
    broken := checked;
    why := 'changed';
  elsif done then
    broken := least((select min(seq) from sign_in_event where seq <= chain.start_seq),
      (select min(seq) from sign_in_event where seq > chain.head_seq));
    why := case when broken is not null then 'inserted' end;
  end if;
end $$;
comment on function check_sign_in_chain is
  'walks the chain from a line whose hash is known (null: its beginning), and names the first line that was changed, removed, inserted or backdated';

create function forget_sign_in_events(before timestamptz) returns bigint
  language plpgsql set search_path = public, pg_temp as $$
declare
  chain sign_in_chain;
  kept bigint;
  forgotten bigint;
begin
  select * into strict chain from sign_in_chain for update;
  select min(seq) into kept from sign_in_event where at >= before;
  if kept is null then
    -- Nothing of the chain is left: it goes on from its head, also where lines were missing before it.
    chain.start_seq := chain.head_seq;
    chain.start_hash := chain.head_hash;
  else
    select seq, hash into chain.start_seq, chain.start_hash from sign_in_event where seq < kept order by seq desc limit 1;
    if not found then return 0; end if;
  end if;
  delete from sign_in_event where seq < coalesce(kept, 9223372036854775807);
  get diagnostics forgotten = row_count;
  update sign_in_chain set start_seq = chain.start_seq, start_hash = chain.start_hash;
  insert into sign_in_event (id, kind, detail)
    values (gen_random_uuid(), 'forgotten', jsonb_build_object('through', chain.start_seq, 'lines', forgotten));
  return forgotten;
end $$;
comment on function forget_sign_in_events is
  'for the owner: removes the oldest lines and moves the beginning of the chain, which keeps a line that says so';

revoke all on function chain_sign_in_events, check_sign_in_chain, forget_sign_in_events from public;
grant execute on function chain_sign_in_events, check_sign_in_chain to :service;
-- The time of a line is the database's, its place and hash are the chain's: the service names neither.
revoke insert on sign_in_event from :service;
grant insert (id, kind, account_id, client_id, address_key, detail) on sign_in_event to :service;
