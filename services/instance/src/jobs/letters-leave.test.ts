import type { CaughtMail } from "@interco/testing/mail";
import { expect, it, vi } from "vitest";
import { authorOf, file } from "../../test/backoffice-fixture.ts";
import { CitizenBrowser } from "../../test/citizen-browser.ts";
import { startLetters } from "../../test/letters-fixture.ts";
import { IDS, type TestInstance } from "../../test/test-instance.ts";
import { findTeamName } from "../agents/team-repository.ts";
import { changeStatus, takeRequest } from "../requests/process-request.ts";
import { findRequest } from "../requests/request-repository.ts";

const to = (mails: CaughtMail[], address: string) => mails.filter((mail) => mail.to.includes(address));
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 50 });
const report = (instance: TestInstance) => file(instance, { type: "depot-sauvage", commune: "57751" });
const TEAM = "technique@woippy.example";

it("tells a team at once of what arrives, then of all the rest in one letter", async () => {
  await using letters = await startLetters();
  const { instance, admin, mails } = letters;
  const worker = await letters.work();
  const first = await report(instance);
  await soon(async () => expect(to(await mails(), TEAM)).toHaveLength(1));
  expect(to(await mails(), TEAM)[0]?.text).toContain(first.number);

  const others = [];
  for (let time = 0; time < 12; time++) others.push(await report(instance));
  // The author of each has their acknowledgement, though the team hears nothing yet.
  await soon(async () => expect(to(await mails(), "camille@exemple.test")).toHaveLength(13));
  await soon(async () =>
    expect((await admin.query("select 1 from team_notice where job is null")).rowCount).toBe(12),
  );
  expect(to(await mails(), TEAM)).toHaveLength(1);
  const waiting = await admin.query(
    "select run_at > now() + interval '5 minutes' as later from graphile_worker.jobs where key like 'team-told:%'",
  );
  expect(waiting.rows).toEqual([{ later: true }]);

  await admin.query("update graphile_worker._private_jobs set run_at = now()");
  await soon(async () => expect(to(await mails(), TEAM)).toHaveLength(2));
  const [, many] = to(await mails(), TEAM);
  expect(many?.subject).toContain("12 nouvelles demandes");
  expect(others.slice(0, 10).every(({ number }) => many?.text.includes(number))).toBe(true);
  expect(many?.text).toContain("woippy.localhost");
  // The proof names none: it isn't any request's own, and the erasure of one wouldn't reach it.
  const { rows: proofs } = await admin.query(
    "select subject, text_body, html_body from letter where kind = 'agents-new-many'",
  );
  expect(proofs[0].subject).toContain("12 nouvelles demandes");
  expect(
    others.some(
      ({ number, title }) =>
        JSON.stringify(proofs).includes(number) || JSON.stringify(proofs).includes(title.fr),
    ),
  ).toBe(false);
  await soon(async () => expect((await admin.query("select 1 from team_notice")).rowCount).toBe(0));
  await worker.stop();
});

it("asks by mail whether a closed request is settled: its links need no account, change nothing by being opened, and No reopens", async () => {
  await using letters = await startLetters();
  const { instance, mails } = letters;
  const { number } = await report(instance);
  const worker = await letters.work();
  const resolve = { action: "resolve", reason: null, date: null, message: null };
  await changeStatus(instance.deps, authorOf("woippy"), number, resolve);
  const ofClosing = async () =>
    to(await mails(), "camille@exemple.test").find(({ text }) => /avis\?/.test(text));
  await soon(async () => expect(await ofClosing()).toBeDefined());
  const link = /https?:\S+\/avis\?regle=non&jeton=\S+/.exec((await ofClosing())?.text ?? "")?.[0] ?? "";
  const { pathname, search, host } = new URL(link);

  const browser = new CitizenBrowser(instance, host);
  await browser.open(`${pathname}${search}`);
  expect(browser.page.statusCode).toBe(200);
  expect(browser.page.body).toMatch(/value="non"[^>]* checked/);
  const statusOf = () =>
    instance.deps.db.within(
      { entities: [IDS.woippy] },
      async (trx) => (await findRequest(trx, number))?.status,
    );
  expect(await statusOf()).toBe("resolved");
  await browser.send({ regle: "non", reste: "" });
  expect(browser.page.statusCode).toBe(422);
  await browser.send({ regle: "non", reste: "Le canapé est toujours là." });
  expect(browser.text()).toContain("Votre demande est rouverte");
  expect(await statusOf()).toBe("taken");
  // It opens this question and nothing else, and not once more.
  await browser.open(`/demandes/${number}`);
  expect(browser.page.statusCode).toBe(404);
  await browser.open(`${pathname}${search}`);
  expect(browser.page.statusCode).toBe(409);
  // The team reads it; what is kept of the letter doesn't hold the link.
  await soon(async () =>
    expect(to(await mails(), TEAM).some(({ subject }) => /écrit|message/i.test(subject))).toBe(true),
  );
  const kept = await letters.admin.query(
    "select 1 from letter where text_body like '%jeton=%' and text_body not like '%•••••%'",
  );
  expect(kept.rowCount).toBe(0);
  await worker.stop();
});

it("names in an acknowledgement the service in charge, its address, phone and e-mail", async () => {
  await using letters = await startLetters();
  const { instance, mails } = letters;
  await report(instance);
  const worker = await letters.work();
  await soon(async () => expect(to(await mails(), "camille@exemple.test")).toHaveLength(1));
  const [acknowledgement] = to(await mails(), "camille@exemple.test");
  const team = await findTeamName(instance.deps.db, IDS.woippy, "technique");
  expect(acknowledgement?.text).toContain(`Mairie de Woippy, ${team}`);
  await worker.stop();
});

it("writes again nothing that has left, when a letter's job runs twice", async () => {
  await using letters = await startLetters();
  const { instance, admin, mails } = letters;
  await report(instance);
  const worker = await letters.work();
  await soon(async () => expect(to(await mails(), TEAM)).toHaveLength(1));
  await soon(async () => expect((await admin.query("select 1 from graphile_worker.jobs")).rowCount).toBe(0));
  await admin.query("update outbox set jobs_done_at = null");
  await soon(async () => {
    const { rowCount } = await admin.query("select 1 from outbox where jobs_done_at is null");
    expect(rowCount).toBe(0);
  });
  await soon(async () =>
    expect((await admin.query("select 1 from graphile_worker.jobs where run_at <= now()")).rowCount).toBe(0),
  );
  expect(to(await mails(), "camille@exemple.test")).toHaveLength(1);
  await worker.stop();
});

it("does at once the job that a killed process had begun", async () => {
  await using letters = await startLetters();
  const { instance, admin, mails } = letters;
  await report(instance);
  const first = await letters.work();
  await soon(async () => expect(to(await mails(), TEAM)).toHaveLength(1));
  await first.stop();
  // As a process leaves it that dies with a job in hand.
  await admin.query(
    "select graphile_worker.add_job('request-filed', payload => (jobs->0->'payload')::json) from outbox where jobs <> '[]'",
  );
  await admin.query(
    "update graphile_worker._private_jobs set locked_at = now(), locked_by = 'worker-of-the-dead', attempts = 1",
  );
  const second = await letters.work();
  await soon(async () =>
    expect((await admin.query("select 1 from graphile_worker.jobs where run_at <= now()")).rowCount).toBe(0),
  );
  expect(to(await mails(), "camille@exemple.test")).toHaveLength(2);
  await second.stop();
});

it("tells the procedure's team of a local request, who took it where no team has it, and else the entity itself", async () => {
  await using letters = await startLetters();
  const { instance, admin, mails } = letters;
  const worker = await letters.work();
  const local = (procedure: string) => file(instance, { owner: "woippy", procedure, answers: {} });
  const canteen = await local("inscription-cantine");
  await soon(async () => expect(to(await mails(), "accueil@woippy.example")).toHaveLength(1));
  const [mail] = to(await mails(), "accueil@woippy.example");
  expect(mail?.text).toContain(canteen.number);
  expect(mail?.html).toContain(`/backoffice/demandes/${canteen.number}?entite`);

  await admin.query("update team set email = null where entity = $1", [IDS.woippy]);
  const wood = await local("bois-de-chauffage");
  await soon(async () => expect(to(await mails(), "contact@exemple.test")).toHaveLength(1));
  expect(to(await mails(), "contact@exemple.test")[0]?.text).toContain(wood.number);

  await takeRequest(instance.deps, authorOf("woippy"), wood.number);
  await admin.query("select graphile_worker.add_job('citizen-wrote', payload => $1)", [
    JSON.stringify({ requestId: wood.id }),
  ]);
  await soon(async () => expect(to(await mails(), "woippy@exemple.test")).toHaveLength(1));
  await worker.stop();
});

it("keeps the team that a row of triage names, and tells it beside the first recipients", async () => {
  await using letters = await startLetters();
  const { instance, admin, mails } = letters;
  await admin.query(
    `update reference_table set definition = jsonb_set(definition, '{rows}', $1::jsonb || (definition->'rows')) where kind = 'table'`,
    [
      JSON.stringify([
        {
          id: "test",
          type: "autre",
          to: "triage",
          team: "proprete",
          reason: { fr: "à lire", en: "to read" },
        },
      ]),
    ],
  );
  const worker = await letters.work();
  const request = await file(instance, { type: "autre" });
  expect(request).toMatchObject({ inCharge: null, team: "proprete" });
  await soon(async () => expect(to(await mails(), "proprete@metropole.example")).toHaveLength(1));
  await worker.stop();
});
