import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { IdpConfig } from "@interco/contracts/idp-config";
import { askedForms, medianDifference } from "../../services/idp/test/bench/account-exists.ts";
import { BENCH_PASSWORD, emailOf, FilledDatabase } from "../../services/idp/test/bench/many-accounts.ts";
import { runPasswordSignIns } from "../../services/idp/test/bench/password-sign-in.ts";
import { makeSite, register, startProvider } from "../../services/idp/test/bench/provider-under-test.ts";
import type { Bench } from "./bench.ts";
import { type Figure, figure, ROUNDS } from "./figure.ts";
import { pssOf } from "./process-under-test.ts";

const FEW = 1_000;
const MANY = 1_000_000;
const ACCOUNTS = 100_000;
const EXPIRED = 1_000_000;
const CONCURRENCY = 8;
/** Of each address. */
const TRIES = 200;
const ROUND_MS = 5_000;

interface UnderTest {
  idp: IdpConfig & { pid: number };
  filled: FilledDatabase;
  signIns(accounts: number, concurrency?: number): ReturnType<typeof runPasswordSignIns>;
}

/**
 * Password sign-ins a second by one process, the load beside it on the same cores; the same with a thousand times as many
 * accounts, in turn; and what the process weighs while a million expired tokens are removed under it.
 */
export async function passwordSignInFigures(bench: Bench): Promise<Figure[]> {
  const runs = await withProvider(bench, (few) => withProvider(bench, (many) => compare(few, many)));
  const apart = await withProvider(bench, tellApart);
  const weights = await withProvider(bench, ({ idp, filled, signIns }) => weigh(idp, filled, signIns));
  return [
    figure(
      "password_signins_per_second",
      "1/s",
      runs.map(({ few }) => few),
      { floor: 60 },
      "sign-ins by password, argon2id 19 MiB × 2, from the site's request to its tokens",
    ),
    figure(
      "million_accounts_ratio",
      "ratio",
      runs.map(({ few, many }) => many / few),
      { floor: 0.8 },
      "the same with 1,000,000 accounts against 1,000",
    ),
    figure(
      "account_exists_median_ms",
      "ms",
      [Math.max(...apart)],
      { ceiling: 5 },
      `medians of ${TRIES} answers with and without an account, farthest apart of sign-in, registration, recovery`,
    ),
    figure(
      "idp_pss_mb",
      "MB",
      weights,
      { ceiling: 150 },
      "PSS of the provider, 100,000 accounts, while 1,000,000 expired tokens are removed",
    ),
  ];
}

async function compare(few: UnderTest, many: UnderTest) {
  await few.filled.addAccounts(0, FEW);
  await many.filled.addAccounts(0, MANY);
  await few.signIns(FEW);
  await many.signIns(MANY);
  const runs = [];
  for (let round = 0; round < ROUNDS; round++) {
    const ofFew = () => few.signIns(FEW);
    // Each goes first in turn: a machine that warms up or gets busier favours neither.
    const first = round % 2 === 0 ? await ofFew() : undefined;
    const crowd = await many.signIns(MANY);
    const small = first ?? (await ofFew());
    console.log(
      `  password sign-in: ${small.perSecond.toFixed(0)}/s, p50 ${small.p50Ms.toFixed(0)} ms, p99 ${small.p99Ms.toFixed(0)} ms; a million accounts: ${crowd.perSecond.toFixed(0)}/s`,
    );
    runs.push({ few: small.perSecond, many: crowd.perSecond });
  }
  return runs;
}

/** For each form that takes an address: how far its answers' medians lie apart. */
async function tellApart({ idp, filled }: UnderTest): Promise<number[]> {
  await filled.addAccounts(0, FEW);
  const apart = [];
  for (const form of askedForms(idp)) {
    const who = { known: emailOf(1), unknown: "inconnue@exemple.test", tries: TRIES };
    const difference = await medianDifference(filled, form, who);
    console.log(`  ${form.name}: medians with and without an account ${difference.toFixed(2)} ms apart`);
    apart.push(difference);
  }
  return apart;
}

/** Its heaviest moment while it removes what has expired and signs people in, then once nothing is left. */
async function weigh(
  idp: UnderTest["idp"],
  filled: FilledDatabase,
  signIns: UnderTest["signIns"],
): Promise<number[]> {
  await filled.addAccounts(0, ACCOUNTS);
  await filled.addExpiredTokens(EXPIRED);
  const weights: number[] = [];
  const until = Date.now() + 600_000;
  while ((await filled.expiredTokens()) > 0) {
    if (Date.now() > until) throw new Error("expired tokens are left after ten minutes");
    await signIns(ACCOUNTS, 2);
    weights.push(pssOf(idp.pid));
  }
  await wait(1_000);
  const [heaviest, after] = [Math.max(...weights), pssOf(idp.pid)];
  console.log(`  weight: ${heaviest.toFixed(0)} MB at most while cleaning, ${after.toFixed(0)} MB after`);
  return [heaviest];
}

async function withProvider<T>(bench: Bench, work: (test: UnderTest) => Promise<T>): Promise<T> {
  const database = await bench.serviceDatabase("idp");
  const folder = mkdtempSync(join(tmpdir(), "interco-bench-idp-"));
  const children: ChildProcess[] = [];
  try {
    const idp = await startProvider(folder, database, children);
    const sites = Array.from({ length: 47 }, (_, n) => makeSite(n));
    for (const { metadata } of sites) await register(idp, metadata);
    const filled = new FilledDatabase(idp);
    let turn = 0;
    const signIns = (accounts: number, concurrency = CONCURRENCY) =>
      runPasswordSignIns({
        issuer: idp.issuer,
        clients: sites.map((site) => site.client),
        // Steps that share no factor with either number: everybody comes in turn, far from the one before.
        emailOf: () => emailOf((turn++ * 7_919) % accounts),
        password: BENCH_PASSWORD,
        concurrency,
        durationMs: ROUND_MS,
      });
    return await work({ idp, filled, signIns }).finally(() => filled.close());
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
