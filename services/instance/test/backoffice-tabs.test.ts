import { afterAll, beforeAll, expect, it } from "vitest";
import { setAuthorisation } from "../src/agents/agent-repository.ts";
import { writeAddresses } from "../src/backoffice/desk-addresses.ts";
import { agentBrowser, createBackoffice, file, STAFF } from "./backoffice-fixture.ts";
import { CitizenBrowser } from "./citizen-browser.ts";
import { IDS, type TestInstance } from "./test-instance.ts";

/** One agent of the agglomeration whom two communes have authorised besides: three entities on one site. */
let instance: TestInstance;
beforeAll(async () => {
  instance = await createBackoffice();
  for (const host of ["woippy", "metz"] as const)
    await instance.deps.db.within({ entities: [IDS[host]] }, (trx) =>
      setAuthorisation(trx, IDS[host], STAFF.metropole.agentId, ["process"], 1, false),
    );
});
afterAll(() => instance?.[Symbol.asyncDispose]());

const page = (number: string, end = "") => `/backoffice/demandes/${number}${end}`;
async function tabs() {
  const one = await agentBrowser(instance, "metropole");
  const other = new CitizenBrowser(instance, one.headers.host);
  // One browser: the same cookies in both tabs.
  Object.assign(other, { cookies: one.cookies });
  return [one, other] as const;
}
const authors = (requestId: string, entity: string) =>
  instance.deps.db.within({ entities: [entity] }, (trx) =>
    trx
      .selectFrom("request_event")
      .select(["kind", "author_entity"])
      .where("request_id", "=", requestId)
      .execute(),
  );

it("a form sent from a tab acts for that tab's entity, whatever was opened in another since", async () => {
  const mine = await file(instance, { type: "fuite-eau" });
  const theirs = await file(instance, { type: "depot-sauvage" });
  const [one, other] = await tabs();
  await one.open(`${page(mine.number)}?entite=${IDS.metropole}`);
  await other.open(`/backoffice/?entite=${IDS.woippy}`);
  expect(other.text()).toContain("Vous agissez pour Woippy");
  await one.send({ note: "De la Métropole." }, { action: page(mine.number, "/note") });
  expect(one.page.statusCode).toBe(200);
  expect(one.text()).toContain("De la Métropole.");
  expect(one.url).toContain(`entite=${IDS.metropole}`);
  await other.open(page(theirs.number));
  await one.open(`/backoffice/?entite=${IDS.metz}`);
  await other.send({ message: "La mairie passera." }, { action: page(theirs.number, "/message") });
  expect(other.page.statusCode).toBe(200);
  expect(await authors(theirs.id, IDS.woippy)).toContainEqual({ kind: "message", author_entity: IDS.woippy });
  expect(await authors(mine.id, IDS.metropole)).toContainEqual({
    kind: "note",
    author_entity: IDS.metropole,
  });
});

it("every address of a page names its entity: links, photos, forms, and what they lead to", async () => {
  const request = await file(instance, { type: "depot-sauvage" });
  const [one] = await tabs();
  for (const path of [
    "/backoffice/",
    "/backoffice/demandes?q=rue",
    page(request.number),
    page(request.number, "/transmettre"),
  ]) {
    await one.open(`${path}${path.includes("?") ? "&" : "?"}entite=${IDS.woippy}`);
    expect(one.page.statusCode).toBe(200);
    const addresses = [...one.page.body.matchAll(/(?:href|src|action)="(\/backoffice[^"]*)"/g)].map(
      ([, to]) => to,
    );
    expect(addresses.length).toBeGreaterThan(5);
    expect(addresses.filter((to) => !to?.includes("entite="))).toEqual([]);
    for (const [form] of one.page.body.matchAll(/<form[^>]*method="get"[^>]*><input[^>]*>/g))
      expect(form).toContain(`name="entite" value="${IDS.woippy}"`);
  }
  await one.send({ vers: IDS.metz, raison: "À Metz." });
  expect(one.url).toContain(`entite=${IDS.woippy}`);
});

it("what somebody typed is never taken for an address", () => {
  const typed = 'href=&quot;/backoffice/x&quot; <textarea>href="/autre"</textarea>';
  expect(writeAddresses(typed, "woippy", "mark")).toBe(typed);
  expect(writeAddresses('<a href="/backoffice/a?b=1&amp;c=2#d">', "woippy", "mark")).toBe(
    '<a href="/backoffice/a?b=1&amp;c=2&amp;entite=woippy#d">',
  );
  expect(writeAddresses('<a href="/backoffice/">', null, "mark")).toBe('<a href="/backoffice/">');
});
