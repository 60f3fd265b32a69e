import { expect, it } from "vitest";
import { CitizenBrowser } from "../../test/citizen-browser.ts";
import { demonstrationSeed } from "../../test/demonstration-seed.ts";
import { createTestInstance } from "../../test/test-instance.ts";

it("takes somebody from Woippy's portal to a confirmation on the agglomeration's site", async () => {
  const hosts = ["metropole"] as const;
  await using instance = await createTestInstance({ hosts: [...hosts], seed: demonstrationSeed(hosts) });
  const browser = new CitizenBrowser(instance, instance.host);
  await browser.open("/demarches/signaler-un-probleme?commune=57751");
  expect(browser.page.statusCode).toBe(200);
  expect(browser.text()).toContain("Vous venez du site de Woippy");
  await browser.send({});
  expect(browser.text()).toContain("Étape 1 sur 5");
  await browser.send({ type: "depot-sauvage" });
  expect(browser.text()).toContain("Étape 2 sur 5");
  expect(browser.page.body).toMatch(/<option value="57751" selected>/);
  await browser.send({
    "place.commune": "57751",
    "place.precision": "address",
    "place.address": "12 rue du Fort",
  });
  expect(browser.text()).toContain("Mairie de Woippy");
  await browser.send({ description: "Le lampadaire clignote depuis lundi soir." });
  await browser.send({ email: "camille@exemple.test", phone: "", name: "Camille Exemple" });
  expect(browser.text()).toContain("Vérifiez avant d'envoyer");
  await browser.send({});
  expect(browser.page.statusCode).toBe(200);
  expect(browser.text()).toMatch(/EMM-2\d{3}-/);
});
