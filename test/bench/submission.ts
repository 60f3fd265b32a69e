import autocannon from "autocannon";
import type { Bench } from "./bench.ts";
import { Client, hiddenFields } from "./client.ts";
import { Drafts } from "./drafts.ts";
import { type Figure, figure, ROUNDS } from "./figure.ts";
import { startTwin } from "./process-under-test.ts";

const SECONDS = 4;
/** A storm: as many citizens send at once, and as many callers have the bare twin. */
const CONNECTIONS = 32;

/** What a citizen typed, page after page, as the draft keeps it. */
export const TYPED = {
  type: "depot-sauvage",
  "place.precision": "address",
  "place.commune": "57751",
  "place.address": "12 rue du Fort",
  description: "Des sacs et un matelas sont posés au pied des conteneurs depuis samedi.",
  email: "camille.exemple@courriel.example",
};

/** (a) The last step of a submission (CSRF, validation, dispatch, row-level security, outbox) against a bare insert of the same payload. */
export async function submissionRatio(bench: Bench): Promise<Figure> {
  const hub = bench.instance("metropole");
  const drafts = await Drafts.open(hub.database, bench.entityId("200039865"), TYPED);
  const twinPort = await bench.freePort();
  const twin = await startTwin("bare-insert.ts", {
    BENCH_DATABASE: await bench.database("bare"),
    BENCH_PORT: String(twinPort),
  });
  const client = new Client();
  const form = await client.get(`${hub.url}demarches/signaler-un-probleme/formulaire?commune=57751`);
  const csrf = hiddenFields(form.body)._csrf ?? "";
  const ratios: number[] = [];
  try {
    for (let round = -1; round < ROUNDS; round += 1) {
      await drafts.prepare(12_000);
      await bench.quiet();
      const ours = await load(hub.url, () => ({
        method: "POST",
        path: `/demarches/signaler-un-probleme/formulaire/${drafts.take()}/envoi`,
        headers: {
          host: new URL(hub.url).host,
          "content-type": "application/x-www-form-urlencoded",
          cookie: client.cookies(hub.url),
        },
        body: new URLSearchParams({ _csrf: csrf }).toString(),
      }));
      // What follows from them (events, letters) went on meanwhile, and must not slow the twin.
      await bench.quiet();
      const bare = await load(`http://127.0.0.1:${twinPort}`, () => ({
        method: "POST",
        path: "/requests",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(TYPED),
      }));
      if (ours.bad > 0) throw new Error(`${ours.bad} submissions were refused`);
      // The first round warms both.
      if (round >= 0) ratios.push(ours.rate / bare.rate);
      console.log(`  submission: ${ours.rate.toFixed(0)}/s against ${bare.rate.toFixed(0)}/s bare`);
    }
  } finally {
    await twin.stop();
    await drafts.close();
  }
  return figure(
    "submission_ratio",
    "ratio",
    ratios,
    { floor: 0.2 },
    "last step of a form against bare Fastify + pg insert",
  );
}

async function load(url: string, next: () => autocannon.Request): Promise<{ rate: number; bad: number }> {
  const target = new URL(url);
  const result = await autocannon({
    url: `http://127.0.0.1:${target.port}`,
    connections: CONNECTIONS,
    duration: SECONDS,
    requests: [{ setupRequest: (request) => ({ ...request, ...next() }) }],
  });
  return { rate: result.requests.average, bad: result["4xx"] + result["5xx"] + result.errors };
}
