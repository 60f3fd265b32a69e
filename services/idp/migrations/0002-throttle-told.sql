-- A flood must not fill the journal: the first attempt that a block delays is told there, and no other.
alter table throttle add column told boolean not null default false;
comment on column throttle.told is 'the journal has its line on the present block';
comment on table throttle is 'failed sign-ins of an account, of a network, and of an account from one network (as HMACs), fading with time';
