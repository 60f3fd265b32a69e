import type { MyRequest } from "@interco/contracts/my-requests";
import { dateInWords } from "@interco/kernel/words";
import type { FastifyRequest } from "fastify";
import type { App, Deps } from "../deps.ts";
import { page } from "../page.ts";
import { citizenOf, siteOf } from "../request-context.ts";
import { onSite } from "../sites/other-site.ts";
import { fetchMyRequests } from "./fetch-my-requests.ts";
import { listMyRequests } from "./my-requests.ts";

/** "Mes demandes": those made here and those the agglomeration holds, which is asked with the person's own token. */
export function registerMyRequests(app: App, deps: Deps): void {
  app.get("/demandes", { config: { auth: "citizen" } }, async (request, reply) => {
    const site = siteOf(request);
    const citizen = citizenOf(request);
    const agglomeration = deps.territory.agglomeration;
    const elsewhere = citizen && site.entity.id !== agglomeration.id;
    const [own, theirs] = await Promise.all([
      citizen ? listMyRequests(deps, site, citizen.sub) : [],
      elsewhere ? fetchMyRequests(deps, citizen) : [],
    ]);
    const all = [...own, ...(theirs ?? [])].sort((one, other) =>
      other.receivedAt.localeCompare(one.receivedAt),
    );
    return page(deps, request, reply, "requests/my-requests", {
      open: all.filter(({ status }) => status.kind !== "closed").map((one) => lineOf(deps, request, one)),
      closed: all.filter(({ status }) => status.kind === "closed").map((one) => lineOf(deps, request, one)),
      none: all.length === 0 && theirs !== undefined,
      slow: theirs === undefined ? agglomeration.name : "",
      slowHref: agglomeration.siteUrl ? onSite(request, `${agglomeration.siteUrl}demandes`) : "",
    });
  });
}

const TONES = { open: "info", waiting: "warn", closed: "" } as const;

function lineOf(deps: Deps, request: FastifyRequest, mine: MyRequest) {
  const { lang } = request;
  const t = (key: string, params?: Record<string, string>) =>
    deps.renderer.translate(lang, `requests.mine.${key}`, params);
  return {
    title: mine.title[lang],
    href: onSite(request, mine.url),
    number: mine.number,
    status: mine.status.label[lang],
    tone: TONES[mine.status.kind],
    inCharge: mine.inCharge ? t("in-charge", { name: mine.inCharge.name }) : t("triage"),
    next: mine.plannedFor ? t("planned", { date: dateInWords(mine.plannedFor, lang, { year: false }) }) : "",
    receivedAt: mine.receivedAt,
  };
}
