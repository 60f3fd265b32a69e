import { expect, it } from "vitest";
import { htmlFaults } from "../../../packages/ui/test/validate-html.ts";
import { CitizenBrowser } from "./citizen-browser.ts";
import { demonstrationSeed } from "./demonstration-seed.ts";
import { signIn } from "./sign-in.ts";
import { createTestInstance } from "./test-instance.ts";

it("every page a citizen meets is clean HTML, errors included, in both languages", {
  timeout: 120_000,
}, async () => {
  const hosts = ["metropole"] as const;
  await using instance = await createTestInstance({ hosts: [...hosts], seed: demonstrationSeed(hosts) });
  const faults: string[] = [];
  for (const lang of ["fr", "en"]) {
    const browser = new CitizenBrowser(instance, instance.host);
    const check = async (status = 200) => {
      expect([browser.url, browser.page.statusCode]).toEqual([browser.url, status]);
      for (const fault of await htmlFaults(browser.page.body))
        faults.push(`${lang} ${browser.url}: ${fault}`);
    };
    await browser.open(`/langue?choix=${lang}&retour=/`);
    for (const url of ["/demandes/EMM-2026-7K3MP9R", "/demarches/rien"]) {
      await browser.open(url);
      await check(404);
    }
    for (const url of [
      "/",
      "/demarches",
      "/demarches?q=zzz",
      "/mentions-legales",
      "/donnees-personnelles",
      "/accessibilite",
      "/suivi",
      "/demarches/carte-de-decheterie",
      "/demarches/signaler-un-probleme?commune=57751",
    ]) {
      await browser.open(url);
      await check();
    }
    const send = async (fields: Record<string, string>, options: { action?: string; csrf?: string } = {}) => {
      await browser.send(fields, options);
      await check();
    };
    const sendWrong = async (fields: Record<string, string>, options: { csrf?: string } = {}) => {
      await browser.send(fields, options);
      await check(422);
    };
    await send({});
    await sendWrong({});
    await send({ type: "depot-sauvage" });
    await sendWrong({ "place.precision": "border", "place.commune": "57751", "place.address": "" });
    await send({ "place.precision": "address", "place.commune": "57751", "place.address": "12 rue du Fort" });
    await sendWrong({ description: "Un canapé devant le numéro 12." }, { csrf: "expired" });
    await send({ description: "Un canapé devant le numéro 12.", action: "later" });
    await browser.open(/href="([^"]*\/details)"/.exec(browser.page.body)?.[1] ?? "");
    await send({ description: "Un canapé devant le numéro 12." });
    await send({ email: "camille@exemple.test", name: "<b>Camille</b>", phone: "" });
    await send({}, { action: browser.url.replace(/recapitulatif$/, "envoi") });
    const number = /EMM-\d{4}-\w{7}/.exec(browser.page.body)?.[0];
    await browser.open(browser.url.replace(/confirmation$/, "recu"));
    await check();
    await browser.open(`/demandes/${number}`);
    await check();
    await sendWrong({ message: "" });
    await send({ message: "Il y a <aussi> un matelas." });
    await signIn(instance, browser, { entity: "metropole", sub: "sub-html" });
    await browser.open("/demandes");
    await check();
  }
  expect(faults).toEqual([]);
});
