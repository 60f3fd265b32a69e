import { addGraphileJobs, JobMaker } from "@interco/platform/job-maker";
import { createLog } from "@interco/platform/log";
import pg from "pg";
import { expect, it, vi } from "vitest";
import { agentBrowser, authorOf, createBackoffice, file } from "../../test/backoffice-fixture.ts";
import { startMailExchanger } from "../../test/mail-exchanger.ts";
import { IDS, type TestInstance } from "../../test/test-instance.ts";
import { transferRequest } from "../requests/transfer-request.ts";
import { startWorker } from "./worker.ts";

const log = createLog("test", "silent");
const DEPARTEMENT = "routes@departement.example";
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 50 });

async function startLetters() {
  const stack = new AsyncDisposableStack();
  const mail = stack.use(await startMailExchanger());
  const instance = stack.use(
    await createBackoffice(["metropole", "woippy", "metz"], { mailed: true, smtp: mail.url }),
  );
  const admin = new pg.Client({ connectionString: instance.database.admin });
  await admin.connect();
  stack.defer(() => admin.end());
  const setAddress = async (address: string | null) => {
    await admin.query("update entity set contact = jsonb_set(contact, '{email}', $2::jsonb) where id = $1", [
      IDS.departement,
      JSON.stringify(address),
    ]);
    await instance.deps.territory.changed();
  };
  await setAddress(DEPARTEMENT);
  // The territory of these tests gives it another code than the demonstration's tables.
  await admin.query(
    "update reference_table set definition = replace(definition::text, 'partner:departement-57', 'partner:departement')::jsonb",
  );
  const work = async () => {
    const worker = await startWorker(instance.deps, instance.deps.background.calm);
    const entities = instance.config.hostedIds;
    const jobs = new JobMaker({ db: worker.db, entities, log, addJobs: addGraphileJobs });
    jobs.start();
    stack.defer(() => worker.stop());
    stack.defer(() => jobs.stop());
  };
  const to = (address: string) => mail.taken.filter((one) => one.to.endsWith(address));
  return { instance, admin, mail, to, work, setAddress, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** A pothole on a Département's road: the table names the partner. */
const report = (instance: TestInstance) => file(instance, { type: "college" });
const lines = (admin: pg.Client, requestId: string) =>
  admin
    .query("select kind, details from request_event where request_id = $1 order by at, id", [requestId])
    .then(({ rows }) => rows as { kind: string; details: { sent?: object; reason?: { fr: string } } }[]);
async function addPhoto(admin: pg.Client, requestId: string, size: number, bytes = Buffer.from("a photo")) {
  const { rows } = await admin.query(
    `insert into file (id, entity, request_id, field, name, media_type, size)
     values (gen_random_uuid(), $1, $2, 'photos', 'IMG_1.jpg', 'image/jpeg', $3) returning id`,
    [IDS.metropole, requestId, size],
  );
  await admin.query("insert into file_content (file_id, bytes) values ($1, $2)", [rows[0].id, bytes]);
}

it("the partner's mail carries the photos it can hold, and the timeline says once what left and to whom", async () => {
  await using letters = await startLetters();
  const { instance, admin, to } = letters;
  const request = await report(instance);
  expect(request.inCharge).toBe(IDS.departement);
  await addPhoto(admin, request.id, 7, Buffer.from("a photo"));
  await addPhoto(admin, request.id, 8_000_000);
  await letters.work();
  await soon(async () => expect((await lines(admin, request.id)).at(-1)?.kind).toBe("acknowledged"));
  const [mail] = to(DEPARTEMENT);
  expect(mail?.raw).toContain("filename=photo-1.jpg");
  expect(mail?.raw).toContain(Buffer.from("a photo").toString("base64"));
  expect(mail?.raw).not.toContain("IMG_1");
  expect(mail?.raw).toContain("Une autre est trop lourde");
  const told = (await lines(admin, request.id)).filter(({ kind }) => kind === "partner-told");
  expect(told).toHaveLength(1);
  expect(told[0]?.details.sent).toMatchObject({ address: DEPARTEMENT, photos: 1, left: 1 });
  const charlie = await agentBrowser(instance, "metropole");
  await charlie.open(`/backoffice/demandes/${request.number}`);
  expect(charlie.text()).toContain("Envoyée par mail à : Département de la Moselle");
  expect(charlie.text()).toContain("à routes@departement.example, avec une photo");

  // Its author writes: the owner's agents hear of it, since a partner has no desk here.
  await admin.query("select graphile_worker.add_job('citizen-wrote', payload => $1)", [
    JSON.stringify({ requestId: request.id }),
  ]);
  await soon(async () => expect(to("contact@exemple.test")).toHaveLength(1));

  await admin.query("update outbox set jobs_done_at = null");
  await soon(async () =>
    expect((await admin.query("select 1 from outbox where jobs_done_at is null")).rowCount).toBe(0),
  );
  await soon(async () =>
    expect((await admin.query("select 1 from graphile_worker.jobs where run_at <= now()")).rowCount).toBe(0),
  );
  expect(to(DEPARTEMENT)).toHaveLength(1);
  expect((await lines(admin, request.id)).filter(({ kind }) => kind === "partner-told")).toHaveLength(1);
});

it("a partner hears of a place that was corrected", async () => {
  await using letters = await startLetters();
  const { instance, to } = letters;
  const request = await report(instance);
  await letters.work();
  await soon(async () => expect(to(DEPARTEMENT)).toHaveLength(1));
  await transferRequest(instance.deps, authorOf("metropole"), request.number, {
    to: IDS.departement,
    team: null,
    reason: "Vu sur place.",
    correctedPlace: { precision: "address", communes: ["57463"], address: "9 avenue Neuve", detail: null },
  });
  await soon(async () => expect(to(DEPARTEMENT)).toHaveLength(2));
  expect(to(DEPARTEMENT)[1]?.raw).toContain("9 avenue Neuve");
  expect(to(DEPARTEMENT)[1]?.raw).not.toContain("rue du Fort");
});

it("a partner whose server refuses the mail for good: back to triage with the reason, its first recipients alerted", async () => {
  await using letters = await startLetters();
  const { instance, admin, mail, to } = letters;
  mail.refuse("departement", "550 no such mailbox");
  const request = await report(instance);
  await letters.work();
  await soon(async () => expect(to("@metropole.example").length).toBeGreaterThan(0));
  const { rows } = await admin.query(
    "select in_charge, deadline, acknowledged_at from request where id = $1",
    [request.id],
  );
  expect(rows).toEqual([{ in_charge: null, deadline: null, acknowledged_at: null }]);
  const last = (await lines(admin, request.id)).at(-1);
  expect(last).toMatchObject({
    kind: "triage",
    details: { reason: { fr: "le mail à Département de la Moselle n'a pas pu être remis" } },
  });
  const andrea = await agentBrowser(instance, "metropole");
  await andrea.open("/backoffice/a-orienter");
  expect(andrea.text()).toContain(request.number);
  expect(andrea.text()).toContain("n'a pas pu être remis");
});

it("an author whose address refuses their letter keeps nobody waiting, and has no acknowledgement", async () => {
  await using letters = await startLetters();
  const { instance, admin, mail, to } = letters;
  mail.refuse("camille", "550 no such mailbox");
  const request = await report(instance);
  await letters.work();
  await soon(async () => expect(to(DEPARTEMENT)).toHaveLength(1));
  // The letter isn't tried again, or the partner would be told of the request each time.
  await soon(async () => expect((await admin.query("select 1 from graphile_worker.jobs")).rowCount).toBe(0));
  const { rows } = await admin.query(
    "select acknowledged_at, last_error like '%550%' as refused, sent_at from request join letter on request_id = request.id where request.id = $1 and recipient like 'camille%'",
    [request.id],
  );
  expect(rows).toEqual([{ acknowledged_at: null, refused: true, sent_at: null }]);
});

it("a server that is busy is asked again, and the request stays where it is meanwhile", async () => {
  await using letters = await startLetters();
  const { instance, admin, mail } = letters;
  mail.refuse("departement", "450 later");
  const request = await report(instance);
  await letters.work();
  await soon(async () =>
    expect(
      (await admin.query("select 1 from graphile_worker.jobs where attempts = 1 and last_error is not null"))
        .rowCount,
    ).toBe(1),
  );
  expect((await lines(admin, request.id)).map(({ kind }) => kind)).toEqual(["registered", "dispatched"]);
});

it("a partner without an address is in charge of nothing: the table leaves it to a person, who is told why", async () => {
  await using letters = await startLetters();
  const { instance, setAddress, to } = letters;
  await setAddress(null);
  const request = await report(instance);
  expect(request.inCharge).toBeNull();
  await letters.work();
  await soon(async () => expect(to("@metropole.example").length).toBeGreaterThan(0));
  const andrea = await agentBrowser(instance, "metropole");
  await andrea.open(`/backoffice/demandes/${request.number}/transmettre`);
  await andrea.send({ vers: IDS.departement, raison: "Route départementale." });
  expect(andrea.page.statusCode).toBe(422);
  expect(andrea.text()).toContain("n'a ni site ici ni adresse électronique");
});
