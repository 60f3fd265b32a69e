/** Failures that cost nothing. Of an account, everywhere together: only many networks at once come to so many. */
const FREE = { pair: 5, account: 50, network: 30 };
/** The next ones wait 2, 4, 8… seconds, this long at most. */
const LONGEST_WAIT_SECONDS = 300;
/** What a network that has done nothing waits at most for an account that is being guessed at from everywhere. */
const ARRIVAL_WAIT_SECONDS = 30;
/** Half of the failures are forgotten every quarter of an hour. */
const HALF_LIFE_SECONDS = 900;

const faded = `t.failures * power(0.5, extract(epoch from now() - t.counted_at) / ${HALF_LIFE_SECONDS})::real`;

/** The wait that follows a failure. The counted one is the row's latest, whatever was read before. */
const waitAfter = (free: number) =>
  `case when ${faded} + 1 <= ${free} then 0 else least(${LONGEST_WAIT_SECONDS}, power(2, least(20, ${faded} + 1 - ${free}))) end`;

/** Leaves a block that is over as it is where no new one begins: an attempt made at the same moment isn't refused. */
const blockedFor = (wait: string) =>
  `blocked_until = case when ${wait} > 0 then now() + make_interval(secs => ${wait}) else t.blocked_until end,
   told = false`;

/**
 * Counts one attempt, $1 the account from this network, $2 the account from anywhere, $3 the network; or says how long to
 * wait. What was read is checked again under each row's lock (`where t.blocked_until <= now()`): of guesses sent at once
 * after a block, one is looked at.
 */
export const BEGIN = {
  name: "throttle-begin",
  text: `with
    heat as (select coalesce(max(${faded}), 0) as failures from throttle t where t.key = $2::bytea),
    arrival as (select case when failures > ${FREE.account}
      then least(${ARRIVAL_WAIT_SECONDS}, failures / 10) else 0 end as wait from heat),
    block as (select t.key, extract(epoch from t.blocked_until - now()) as wait from throttle t
      where t.key in ($1::bytea, $3::bytea) and t.blocked_until > now() order by t.blocked_until desc limit 1),
    newcomer as (select wait from arrival where wait > 0 and not exists (select from block) and not exists
      (select from throttle t where t.key = $1 and t.counted_at > now() - interval '${HALF_LIFE_SECONDS} seconds')),
    held as (insert into throttle as t (key, failures, counted_at, blocked_until, told)
      select $1, 0, now(), now() + make_interval(secs => wait), true from newcomer
      on conflict (key) do update set counted_at = now(), blocked_until = excluded.blocked_until, told = true
      where t.blocked_until <= now()),
    first as (update throttle t set told = true where not t.told
      and t.key = coalesce((select key from block), (select $2::bytea from newcomer)) returning 1),
    of_pair as (insert into throttle as t (key, failures, counted_at, blocked_until)
      select $1, 1, now(), '-infinity' where not exists (select from block) and not exists (select from newcomer)
      on conflict (key) do update set failures = ${faded} + 1, counted_at = now(),
        ${blockedFor(`greatest((select wait from arrival), ${waitAfter(FREE.pair)})`)}
      where t.blocked_until <= now() returning 1),
    of_account as (insert into throttle as t (key, failures, counted_at, blocked_until)
      select $2, 1, now(), '-infinity' from of_pair
      on conflict (key) do update set failures = ${faded} + 1, counted_at = now(),
        told = t.told and ${faded} + 1 > ${FREE.account} returning 1),
    of_network as (insert into throttle as t (key, failures, counted_at, blocked_until)
      select $3, 1, now(), '-infinity' from of_account
      on conflict (key) do update set failures = ${faded} + 1, counted_at = now(),
        ${blockedFor(waitAfter(FREE.network))}
      where t.blocked_until <= now() returning 1)
    select case when exists (select from of_network) then 0
        else greatest(1, (select wait from block), (select wait from newcomer)) end::real as wait,
      exists (select from first) as first`,
};

/** The attempt was right: this network's failures at this account are forgotten, and one is given back elsewhere. */
export const SUCCEED = {
  name: "throttle-succeed",
  text: `with of_pair as (delete from throttle where key = $1::bytea returning 1),
    of_account as (update throttle set failures = greatest(0, failures - 1)
      where key = $2::bytea and (select count(*) from of_pair) >= 0 returning 1)
    update throttle set failures = greatest(0, failures - 1), blocked_until = '-infinity'
      where key = $3::bytea and (select count(*) from of_account) >= 0`,
};
