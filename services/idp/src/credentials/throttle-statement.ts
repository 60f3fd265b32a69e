/** What is counted, and how long who does too much of it waits. */
export interface ThrottleLimits {
  name: string;
  /** Attempts that cost nothing. Of an account, everywhere together: only many networks at once come to so many. */
  free: { pair: number; account: number; network: number };
  /** The next ones wait 2, 4, 8… times so long. */
  unitSeconds: number;
  longestWaitSeconds: number;
  /** Half of the attempts are forgotten in so long. */
  halfLifeSeconds: number;
  /** What a network that has done nothing waits at most for an account that is being guessed at from everywhere. */
  arrivalSeconds: number;
}

/** Passwords and codes that were wrong. */
export const GUESSES: ThrottleLimits = {
  name: "throttle-begin",
  free: { pair: 5, account: 50, network: 30 },
  unitSeconds: 1,
  longestWaitSeconds: 300,
  halfLifeSeconds: 900,
  arrivalSeconds: 30,
};

/**
 * Codes of a second factor. Who types them has the password: there are few such networks, unless it was stolen, and then
 * their number is what bounds guesses at six figures. Hence longer waits, and for newcomers too.
 */
export const SECOND_FACTORS: ThrottleLimits = {
  name: "throttle-second-factor",
  free: { pair: 5, account: 20, network: 30 },
  unitSeconds: 2,
  longestWaitSeconds: 900,
  halfLifeSeconds: 3_600,
  arrivalSeconds: 300,
};

/** Mails somebody has us write to an address: three at once, some six an hour in the end, whoever asks. */
export const MAILS: ThrottleLimits = {
  name: "throttle-mail",
  free: { pair: 2, account: 50, network: 30 },
  unitSeconds: 300,
  longestWaitSeconds: 3_600,
  halfLifeSeconds: 3_600,
  arrivalSeconds: 30,
};

/** Leaves a block that is over as it is where no new one begins: an attempt made at the same moment isn't refused. */
const blockedFor = (wait: string) =>
  `blocked_until = case when ${wait} > 0 then now() + make_interval(secs => ${wait}) else t.blocked_until end,
   told = false`;

/**
 * Counts one attempt, $1 the account from this network, $2 the account from anywhere, $3 the network; or says how long to
 * wait. What was read is checked again under each row's lock (`where t.blocked_until <= now()`): of guesses sent at once
 * after a block, one is looked at.
 */
export function beginStatement(limits: ThrottleLimits): { name: string; text: string } {
  const { name, free, unitSeconds, longestWaitSeconds, halfLifeSeconds, arrivalSeconds } = limits;
  const faded = `t.failures * power(0.5, extract(epoch from now() - t.counted_at) / ${halfLifeSeconds})::real`;
  // The counted one is the row's latest, whatever was read before.
  const waitAfter = (most: number) =>
    `case when ${faded} + 1 <= ${most} then 0
      else least(${longestWaitSeconds}, ${unitSeconds} * power(2, least(20, ${faded} + 1 - ${most}))) end`;
  const text = `with
    heat as (select coalesce(max(${faded}), 0) as failures from throttle t where t.key = $2::bytea),
    arrival as (select case when failures > ${free.account}
      then least(${arrivalSeconds}, failures / 10) else 0 end as wait from heat),
    block as (select t.key, extract(epoch from t.blocked_until - now()) as wait from throttle t
      where t.key in ($1::bytea, $3::bytea) and t.blocked_until > now() order by t.blocked_until desc limit 1),
    newcomer as (select wait from arrival where wait > 0 and not exists (select from block) and not exists
      (select from throttle t where t.key = $1 and t.counted_at > now() - interval '${halfLifeSeconds} seconds')),
    held as (insert into throttle as t (key, failures, counted_at, blocked_until, told)
      select $1, 0, now(), now() + make_interval(secs => wait), true from newcomer
      on conflict (key) do update set counted_at = now(), blocked_until = excluded.blocked_until, told = true
      where t.blocked_until <= now()),
    first as (update throttle t set told = true where not t.told
      and t.key = coalesce((select key from block), (select $2::bytea from newcomer)) returning 1),
    of_pair as (insert into throttle as t (key, failures, counted_at, blocked_until)
      select $1, 1, now(), '-infinity' where not exists (select from block) and not exists (select from newcomer)
      on conflict (key) do update set failures = ${faded} + 1, counted_at = now(),
        ${blockedFor(`greatest((select wait from arrival), ${waitAfter(free.pair)})`)}
      where t.blocked_until <= now() returning 1),
    of_account as (insert into throttle as t (key, failures, counted_at, blocked_until)
      select $2, 1, now(), '-infinity' from of_pair
      on conflict (key) do update set failures = ${faded} + 1, counted_at = now(),
        told = t.told and ${faded} + 1 > ${free.account} returning 1),
    of_network as (insert into throttle as t (key, failures, counted_at, blocked_until)
      select $3, 1, now(), '-infinity' from of_account
      on conflict (key) do update set failures = ${faded} + 1, counted_at = now(),
        ${blockedFor(waitAfter(free.network))}
      where t.blocked_until <= now() returning 1)
    select case when exists (select from of_network) then 0
        else greatest(1, (select wait from block), (select wait from newcomer)) end::real as wait,
      exists (select from first) as first`;
  return { name, text };
}

/** The attempt was right: this network's failures at this account are forgotten, and one is given back elsewhere. */
export const SUCCEED = {
  name: "throttle-succeed",
  text: `with of_pair as (delete from throttle where key = $1::bytea returning 1),
    of_account as (update throttle set failures = greatest(0, failures - 1)
      where key = $2::bytea and (select count(*) from of_pair) >= 0 returning 1)
    update throttle set failures = greatest(0, failures - 1), blocked_until = '-infinity'
      where key = $3::bytea and (select count(*) from of_account) >= 0`,
};

/** $1 the account from anywhere: its failures as they are remembered now, and the wait of a network that comes for the first time. */
export const HEAT = {
  name: "throttle-heat",
  text: `with heat as (select failures * power(0.5, extract(epoch from now() - counted_at) / ${GUESSES.halfLifeSeconds})::real
      as failures from throttle where key = $1::bytea)
    select failures, case when failures > ${GUESSES.free.account}
      then least(${GUESSES.arrivalSeconds}, failures / 10) else 0 end as wait from heat`,
};
