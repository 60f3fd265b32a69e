import { axeViolations } from "@interco/testing/axe";
import { type Browser, newPerson, startBrowser } from "@interco/testing/browser";
import { afterAll, beforeAll, expect, it } from "vitest";
import { htmlFaults } from "../../../packages/ui/test/validate-html.ts";
import { noteRequest } from "../src/requests/note-request.ts";
import { changeStatus, takeRequest, writeToCitizen } from "../src/requests/process-request.ts";
import { transferRequest } from "../src/requests/transfer-request.ts";
import { agentBrowser, authorOf, createBackoffice, file } from "./backoffice-fixture.ts";
import { fileSamples } from "./sample-requests.ts";
import { IDS, type TestInstance } from "./test-instance.ts";

let instance: TestInstance;
let browser: Browser;
const paths: Record<string, { who: "woippy" | "metropole"; path: string }> = {};

beforeAll(async () => {
  instance = await createBackoffice();
  browser = await startBrowser();
  const { deps } = instance;
  await fileSamples(instance, 60);
  const woippy = authorOf("woippy");
  const full = await file(instance);
  await takeRequest(deps, woippy, full.number);
  await noteRequest(deps.db, woippy, full.number, "Voir le plan.", true);
  await writeToCitizen(deps, woippy, full.number, "Nous passons jeudi.");
  await changeStatus(deps, woippy, full.number, {
    action: "ask",
    reason: "De quel côté ?",
    date: "2099-01-05",
    message: null,
  });
  const gone = await file(instance);
  const place = {
    precision: "address" as const,
    communes: ["57463"],
    address: "3 rue de Metz",
    detail: null,
  };
  await transferRequest(deps, woippy, gone.number, {
    to: IDS.metz,
    team: null,
    reason: "À Metz.",
    correctedPlace: place,
  });
  const followed = await file(instance, { type: "fuite-eau" });
  const triage = await file(instance, { type: "autre" });
  const at = (who: "woippy" | "metropole", path: string) => ({ who, path: `/backoffice/${path}` });
  Object.assign(paths, {
    list: at("woippy", ""),
    everything: at("woippy", "demandes"),
    filtered: at("woippy", "demandes?q=rue&origine=metropole&depuis=30"),
    nothing: at("woippy", "demandes?q=licorne"),
    request: at("woippy", `demandes/${full.number}?fait=status`),
    fresh: at("woippy", `demandes/${(await file(instance)).number}`),
    followed: at("woippy", `demandes/${followed.number}`),
    tombstone: at("woippy", `demandes/${gone.number}`),
    "hand-over": at("woippy", `demandes/${full.number}/transmettre`),
    unknown: at("woippy", "demandes/WOI-2026-AAAAAAA"),
    counter: at("woippy", "saisir"),
    agents: at("woippy", "agents?fait=invited"),
    journal: at("woippy", "journal"),
    triage: at("metropole", "a-orienter"),
    "to-dispatch": at("metropole", `demandes/${triage.number}`),
    dispatch: at("metropole", `demandes/${triage.number}/transmettre`),
    tables: at("metropole", "orientation"),
  });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await instance?.[Symbol.asyncDispose]();
});

it("every backoffice screen is valid HTML and complete in both languages", { timeout: 60_000 }, async () => {
  for (const [name, { who, path }] of Object.entries(paths)) {
    const agent = await agentBrowser(instance, who);
    for (const lang of ["fr", "en"]) {
      agent.cookies.set("interco_lang", lang);
      const page = await agent.open(path);
      expect(page.statusCode, name).toBe(name === "unknown" ? 404 : 200);
      expect(await htmlFaults(page.body), `${name} in ${lang}`).toEqual([]);
      expect(page.body, name).toContain(`<html lang="${lang}">`);
    }
  }
});

it("a form refused is valid HTML too, its summary first", { timeout: 60_000 }, async () => {
  const agent = await agentBrowser(instance, "woippy");
  for (const [open, action] of [
    [paths["hand-over"]?.path, undefined],
    [paths.counter?.path, undefined],
    [paths.agents?.path, "/backoffice/agents"],
    [paths.fresh?.path, `${paths.fresh?.path}/actions/ask`],
    [paths.fresh?.path, `${paths.fresh?.path}/note`],
  ] as const) {
    await agent.open(open ?? "");
    const page = await agent.send({}, action ? { action } : {});
    expect(page.statusCode, action ?? open).toBe(422);
    expect(page.body).toContain('class="error-summary"');
    expect(await htmlFaults(page.body), action ?? open).toEqual([]);
  }
});

it("no backoffice screen has an axe violation or scrolls sideways on a phone", {
  timeout: 180_000,
}, async () => {
  const person = await newPerson(browser, { javaScript: true });
  const page = await person.newPage();
  let headers: Record<string, string> = {};
  await page.route("**/*", async (route) => {
    const url = new URL(route.request().url());
    const answer = await instance.http.inject({ url: url.pathname + url.search, headers });
    const { "content-type": type = "text/plain" } = answer.headers;
    await route.fulfill({ status: answer.statusCode, body: answer.rawPayload, contentType: String(type) });
  });
  for (const [name, { who, path }] of Object.entries(paths)) {
    headers = (await agentBrowser(instance, who)).headers;
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(`http://${headers.host}${path}`);
    expect(await axeViolations(page), name).toEqual([]);
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await page.evaluate("document.documentElement.scrollWidth"), name).toBeLessThanOrEqual(320);
  }
  await person.close();
});
