import { randomUUID } from "node:crypto";
import { serviceFetch } from "@interco/platform/http-client";
import type { JWTPayload } from "jose";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createSession } from "../../src/sign-in/session-repository.ts";
import { IDS } from "../test-instance.ts";
import { type ListeningInstance, startInstance } from "./listening-instance.ts";
import { type ScriptedProvider, startScriptedProvider } from "./scripted-provider.ts";

const EVENTS = { "http://schemas.openid.net/event/backchannel-logout": {} };
let provider: ScriptedProvider;
let instance: ListeningInstance;

beforeAll(async () => {
  provider = await startScriptedProvider();
  instance = await startInstance({ hosts: ["woippy", "metz"], issuer: provider.issuer });
});
afterAll(async () => {
  await instance?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

const sid = "sid-of-one-sign-in";
beforeEach(async () => {
  await instance.deps.db.pool.query("delete from session");
  await open("woippy", sid);
  await open("woippy", "another-sid");
  await open("metz", sid);
});

const right = (): JWTPayload => ({
  iss: provider.issuer,
  aud: IDS.woippy,
  sub: "subject",
  sid,
  iat: Math.floor(Date.now() / 1000),
  exp: Math.floor(Date.now() / 1000) + 120,
  jti: randomUUID(),
  events: EVENTS,
});

it("ends exactly the sessions of its client and sid, and isn't accepted twice", async () => {
  const token = await provider.sign(right(), { typ: "logout+jwt" });
  expect(await send(token)).toBe(200);
  expect(await sessions()).toEqual([`metz ${sid}`, "woippy another-sid"]);
  await open("woippy", sid);
  expect(await send(token)).toBe(400);
  expect(refusals().at(-1)).toMatchObject({ event: "logout_token", site: IDS.woippy, reason: "came before" });
  expect(await sessions()).toContain(`woippy ${sid}`);
});

it("without a sid ends all the person's sessions at its client", async () => {
  const { sid: _, ...claims } = right();
  expect(await send(await provider.sign(claims, { typ: "logout+jwt" }))).toBe(200);
  expect(await sessions()).toEqual([`metz ${sid}`]);
});

const now = () => Math.floor(Date.now() / 1000);
const WRONG: Record<string, (claims: JWTPayload) => JWTPayload> = {
  "another issuer": (claims) => ({ ...claims, iss: "http://evil.example" }),
  "another client's audience": (claims) => ({ ...claims, aud: IDS.metz }),
  "no issue time": ({ iat: _, ...claims }) => claims,
  "an old issue time": (claims) => ({ ...claims, iat: now() - 3600, exp: now() + 60 }),
  "an issue time to come": (claims) => ({ ...claims, iat: now() + 3600, exp: now() + 7200 }),
  "a past expiry": (claims) => ({ ...claims, exp: now() - 60 }),
  "no jti": ({ jti: _, ...claims }) => claims,
  "no events": ({ events: _, ...claims }) => claims,
  "another event": (claims) => ({ ...claims, events: { "http://schemas.example/other": {} } }),
  "an event that is no object": (claims) => ({ ...claims, events: { [Object.keys(EVENTS)[0] ?? ""]: true } }),
  "a nonce": (claims) => ({ ...claims, nonce: "n" }),
  "neither sid nor sub": ({ sid: _, sub: __, ...claims }) => claims,
};

/** What the log says was refused. */
const refusals = () =>
  instance.logged.map((line) => JSON.parse(line) as { msg: string }).filter(({ msg }) => msg === "refused");

it.each(Object.keys(WRONG))("is refused with %s, and the log says so", async (rule) => {
  const claims = WRONG[rule]?.(right()) ?? {};
  const before = refusals().length;
  const token = await provider.sign(claims, { typ: "logout+jwt" });
  expect(await send(token)).toBe(400);
  expect(refusals().slice(before)).toMatchObject([{ event: "logout_token", site: IDS.woippy }]);
  expect(instance.logged.join()).not.toContain(token);
  expect((await sessions()).length).toBe(3);
});

it("is refused under another key, as another kind of token, unsigned, or missing", async () => {
  const unsigned = `${Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString("base64url")}.${Buffer.from(JSON.stringify(right())).toString("base64url")}.`;
  expect(await send(await provider.sign(right(), { typ: "logout+jwt", foreign: true }))).toBe(400);
  expect(await send(await provider.sign(right(), { typ: "at+jwt" }))).toBe(400);
  expect(await send(unsigned)).toBe(400);
  expect(await send("x")).toBe(400);
  expect(await send(undefined)).toBe(422);
  expect((await sessions()).length).toBe(3);
});

async function send(token: string | undefined): Promise<number> {
  const response = await serviceFetch(`${instance.originOf("woippy")}/connexion/deconnexion-distante`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(token === undefined ? {} : { logout_token: token }).toString(),
  });
  await response.text();
  return response.status;
}

async function open(site: "woippy" | "metz", id: string): Promise<void> {
  await createSession(instance.deps.db, {
    entity: IDS[site],
    kind: "citizen",
    clientId: IDS[site],
    sid: id,
    sub: "subject",
    claims: {
      name: "Camille Fictif",
      givenName: "Camille",
      familyName: "Fictif",
      email: "camille@exemple.test",
      emailVerified: true,
      accountKind: "personal",
    },
  });
}

async function sessions(): Promise<string[]> {
  const { rows } = await instance.deps.db.pool.query("select entity, sid from session");
  return rows.map((row) => `${row.entity === IDS.metz ? "metz" : "woippy"} ${row.sid}`).sort();
}
