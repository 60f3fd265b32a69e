import { afterAll, beforeAll, expect, it } from "vitest";
import { CitizenBrowser } from "../../test/citizen-browser.ts";
import { DEMO_PROCEDURES, demonstrationSeed } from "../../test/demonstration-seed.ts";
import { signIn } from "../../test/sign-in.ts";
import { createTestInstance, IDS, type TestInstance } from "../../test/test-instance.ts";
import { upsertCatalogueProcedure } from "../procedures/catalogue-repository.ts";

let instance: TestInstance;
beforeAll(async () => {
  instance = await createTestInstance({ hosts: ["woippy"], seed: demonstrationSeed(["woippy"]) });
  for (const { definition } of DEMO_PROCEDURES.filter(({ for: owner }) => owner === "agglomeration"))
    await instance.deps.db.within({ entities: [IDS.woippy] }, (trx) =>
      upsertCatalogueProcedure(trx, {
        entity: IDS.metropole,
        slug: definition.slug,
        version: 1,
        kind: definition.kind as "shared",
        title: definition.title,
        summary: definition.summary,
        icon: definition.icon,
        keywords: (definition.keywords?.fr ?? []).join(" "),
        url: `http://metropole.localhost:4404/demarches/${definition.slug}`,
        position: 0,
        withdrawn: false,
      }),
    );
});
afterAll(() => instance[Symbol.asyncDispose]());
const open = () => new CitizenBrowser(instance, instance.host);
const REPORT = "http://metropole.localhost:4404/demarches/signaler-un-probleme?commune=57751";

it("asks one question, offers six procedures, and has the report of a problem at hand", async () => {
  const browser = open();
  await browser.open("/");
  expect(browser.text()).toContain("Que souhaitez-vous faire ?");
  expect(browser.page.body.match(/<li class="tile">/g)).toHaveLength(6);
  expect(browser.page.body).toContain(`href="${REPORT}"`);
  expect(browser.text()).toContain("La mairie");
});

it("links to the agglomeration with the commune's code, and signs in silently who is signed in", async () => {
  const browser = open();
  await browser.open("/demarches/signaler-un-probleme");
  expect(browser.page.body).toContain(`href="${REPORT}"`);
  await signIn(instance, browser, { entity: "woippy", sub: "sub-portal" });
  await browser.open("/demarches");
  const back = encodeURIComponent("/demarches/signaler-un-probleme?commune=57751");
  expect(browser.page.body.replaceAll("&amp;", "&").replaceAll("&#x3D;", "=")).toContain(
    `http://metropole.localhost:4404/connexion?silencieux=1&retour=${back}`,
  );
});

it("searches its own procedures and the agglomeration's", async () => {
  const browser = open();
  await browser.open("/demarches?q=nid-de-poule");
  expect(browser.text()).toContain("1 démarche pour « nid-de-poule »");
  await browser.open("/demarches?q=cantine");
  expect(browser.text()).toContain("Inscrire un enfant à la cantine");
  await browser.open("/demarches?q=<script>zzz");
  expect(browser.page.statusCode).toBe(200);
  expect(browser.text()).toContain("Aucune démarche");
  expect(browser.page.body).not.toContain("<script>zzz");
});

it.each(["/mentions-legales", "/donnees-personnelles", "/accessibilite", "/suivi"])(
  "%s speaks for the entity, in French and in English",
  async (path) => {
    const browser = open();
    await browser.open(path);
    expect(browser.page.statusCode).toBe(200);
    expect(browser.text()).toContain("Mairie de Woippy");
    const french = browser.text();
    await browser.open(`/langue?choix=en&retour=${path}`);
    expect(browser.url).toBe(path);
    expect(browser.page.body).toContain('<html lang="en">');
    expect(browser.text()).not.toBe(french);
  },
);

it("says who answers for shared requests, and how to exercise one's rights", async () => {
  const browser = open();
  await browser.open("/donnees-personnelles");
  expect(browser.text()).toContain("responsables ensemble (article 26 du RGPD)");
  expect(browser.page.body).toContain('id="droits"');
});

it("gives an icon, and asks robots to leave people's pages alone", async () => {
  const icon = await instance.get("/icon.svg");
  expect(icon.headers["content-type"]).toBe("image/svg+xml");
  expect(icon.body).toContain("http://www.w3.org/2000/svg");
  expect((await instance.get("/robots.txt")).body).toContain("Disallow: /demandes");
});
