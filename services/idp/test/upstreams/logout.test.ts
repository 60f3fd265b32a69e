import { afterAll, beforeAll, expect, test } from "vitest";
import { PASSWORD } from "../running-idp.ts";
import {
  begin,
  comeBackFrom,
  linkTo,
  makeAccount,
  startUpstreamIdp,
  type UpstreamIdp,
} from "./upstream-idp.ts";

let all: UpstreamIdp;
beforeAll(async () => {
  all = await startUpstreamIdp();
  await all.idp.createAccount("camille@exemple.test");
});
afterAll(() => all?.[Symbol.asyncDispose]());

const logoutUrl = () => {
  const said = new URLSearchParams({
    client_id: all.woippy.entity,
    post_logout_redirect_uri: `${all.woippy.origin}/deconnexion/retour`,
    state: "du-site",
  });
  return `${all.idp.issuer}/session/end?${said}`;
};

async function signIn() {
  const going = await begin(all.woippy);
  let page = await comeBackFrom(going, "franceconnect", "angela");
  if (page.html.includes("Première fois"))
    page = await makeAccount(all, going.browser, page, "angela@courriel.example");
  expect(page.url).toContain(all.woippy.origin);
  return going.browser;
}

test("who came from FranceConnect is signed out there too, then comes back to the site with its state", async () => {
  const browser = await signIn();
  const confirm = await browser.open(logoutUrl());
  const leaving = await browser.submit(confirm, { logout: "yes" });
  expect(leaving.status).toBe(200);
  const there = linkTo(leaving, /session\/end/);
  expect(leaving.headers.get("refresh")).toBe(`0; url=${there}`);
  const said = new URL(there).searchParams;
  expect([...said.keys()].sort()).toEqual(["id_token_hint", "post_logout_redirect_uri", "state"]);
  expect(said.get("state")?.length).toBeGreaterThanOrEqual(32);
  const signedOut = await browser.request(there);
  expect(all.franceConnect.refusals).toEqual([]);
  expect(all.franceConnect.signedOut).toBe(1);
  const back = signedOut.headers.get("location") ?? "";
  expect((await browser.open(back)).url).toBe(`${all.woippy.origin}/deconnexion/retour?state=du-site`);
  // Once: afterwards the address leads to a page of this service, and nowhere else.
  const again = await browser.open(back);
  expect(again.url).toContain(`${all.idp.issuer}/session/end/success`);
});

test("who leaves one site only stays signed in there", async () => {
  const browser = await signIn();
  const confirm = await browser.open(logoutUrl());
  const left = await browser.submit(confirm, {});
  expect(left.url).toContain(`${all.woippy.origin}/deconnexion/retour`);
});

test("FranceConnect being down keeps nobody from signing out here", async () => {
  const browser = await signIn();
  const confirm = await browser.open(logoutUrl());
  await all.idp.restart(all.mail.smtp);
  all.franceConnect.down = true;
  try {
    const left = await browser.submit(confirm, { logout: "yes" });
    expect(left.url).toContain(`${all.woippy.origin}/deconnexion/retour`);
  } finally {
    all.franceConnect.down = false;
    // It would be asked again after some seconds.
    await all.idp.restart(all.mail.smtp);
  }
});

test("whoever signs in by password in the same browser afterwards isn't signed out of somebody else's FranceConnect", async () => {
  const browser = await signIn();
  const confirm = await browser.open(logoutUrl());
  await browser.submit(confirm, { logout: "yes" });
  const { page } = await begin(all.woippy, { browser });
  await browser.submit(page, { email: "camille@exemple.test", password: PASSWORD });
  const left = await browser.submit(await browser.open(logoutUrl()), { logout: "yes" });
  expect(left.url).toContain(`${all.woippy.origin}/deconnexion/retour`);
});

test("an address nobody gave redirects nowhere else", async () => {
  const { browser } = await begin(all.woippy);
  for (const query of ["", "?state=x", "?state=x&target=https://ailleurs.example"]) {
    const page = await browser.open(`${all.idp.issuer}/fournisseur/deconnexion${query}`);
    expect(page.url).toContain(all.idp.issuer);
  }
});
