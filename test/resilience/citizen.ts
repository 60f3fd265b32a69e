import { serviceFetch } from "@interco/platform/http-client";
import { CitizenBrowser } from "../../services/instance/test/citizen-browser.ts";
import { PLANTED, WOIPPY } from "./desk.ts";
import type { Member } from "./small-federation.ts";

/** A citizen's browser on the network: the same pages and forms, from the process that really serves them. */
function browserOn(member: Pick<Member, "origin">): CitizenBrowser {
  const inject = async ({ method, url, payload, headers }: Sent) => {
    const body = payload === undefined ? {} : { body: payload };
    const answer = await serviceFetch(member.origin + url, { method, headers, ...body });
    return {
      statusCode: answer.status,
      body: await answer.text(),
      headers: { ...Object.fromEntries(answer.headers), "set-cookie": answer.headers.getSetCookie() },
    };
  };
  return new CitizenBrowser({ http: { inject } } as never, new URL(member.origin).host);
}

interface Sent {
  method: string;
  url: string;
  payload?: string;
  headers: Record<string, string>;
}

/** Reports an overflowing bin in Woippy by the agglomeration's form, to its confirmation. Returns the request's number. */
export async function reportByForm(hub: Pick<Member, "origin">): Promise<string> {
  const browser = browserOn(hub);
  await browser.open(`/demarches/signaler-un-probleme?commune=${WOIPPY}`);
  await browser.send({});
  await browser.send({ type: "corbeille-pleine" });
  await browser.send({
    "place.commune": WOIPPY,
    "place.precision": "address",
    "place.address": "3 rue de l’Exemple",
  });
  await browser.send({ description: PLANTED.description });
  await browser.send({ email: PLANTED.email, phone: PLANTED.phone, name: PLANTED.name });
  await browser.send({});
  const number = /EMM-\d{4}-[A-Z0-9]{7}/.exec(browser.page.body)?.[0];
  if (!number) throw new Error(`no number on ${browser.url}: ${browser.text().slice(0, 400)}`);
  return number;
}
