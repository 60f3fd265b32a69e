import type { TriageRoster } from "@interco/contracts/dispatch";
import { parisDay } from "@interco/kernel/calendar";
import { alertAt, firstRecipients, triageDeadline, whoLooks } from "@interco/kernel/triage";
import type { JobHelpers } from "graphile-worker";
import { findAgentAddress } from "../agents/agent-repository.ts";
import { findTeam, listTeamAddresses } from "../agents/team-repository.ts";
import { readRosters } from "../dispatch/reference-table-repository.ts";
import type { Request } from "../requests/request.ts";
import { findRequestsById } from "../requests/request-repository.ts";
import { CALENDAR } from "../sites/calendar.ts";
import { jobKey, type TaskDeps } from "./task.ts";
import { closeNotices, type NotedTeam, noteForTeam, takeNotices } from "./team-notice-repository.ts";

/** A team hears of what arrives at once, then at most this often. */
const BETWEEN_MS = 10 * 60_000;
/** A job this near may have begun: it is asked for again. */
const NEAR_MS = 1_000;

/** In notices, those of an entity whose requests no team has. */
const NO_TEAM = "";

/**
 * Who has a request that has just arrived will be told of it: at once, or with others a little later. Its team or, where it has
 * none, the entity: nothing arrives in silence.
 */
export async function tellTeamOfArrival(
  deps: TaskDeps,
  request: Request,
  helpers: JobHelpers,
): Promise<void> {
  if (!request.inCharge) return;
  const noted: NotedTeam = { entity: request.inCharge, team: request.team ?? NO_TEAM };
  const told = await deps.workerDb.within({ entities: deps.config.hostedIds }, (trx) =>
    noteForTeam(trx, { owner: request.entity, id: request.id }, noted),
  );
  const key = `team-told:${noted.entity}:${noted.team}`;
  const now = Date.now();
  if ((deps.teamJobs.get(key) ?? 0) - NEAR_MS > now) return;
  const runAt = Math.max(now, (told?.getTime() ?? 0) + BETWEEN_MS);
  await helpers.addJob("team-told", noted, {
    runAt: new Date(runAt),
    jobKey: key,
    jobKeyMode: "preserve_run_at",
  });
  deps.teamJobs.set(key, runAt);
}

/** One letter to a team for all that has arrived since the last one. */
export async function tellTeam(deps: TaskDeps, noted: NotedTeam, helpers: JobHelpers): Promise<void> {
  const job = String(helpers.job.id);
  const scope = { entities: deps.config.hostedIds };
  const ids = await deps.workerDb.within(scope, (trx) => takeNotices(trx, noted, job));
  if (ids.length === 0) return;
  const requests = await deps.workerDb.within(scope, (trx) => findRequestsById(trx, ids));
  const [first] = requests;
  const reader = first && (await readerOf(deps, noted, requests.length === 1 ? first.assignee : null));
  if (reader && first) {
    const key = `${jobKey(helpers)}:${job}`;
    await deps.writer.send(
      requests.length === 1
        ? deps.letters.toAgents(first, key, "new", reader.email)
        : deps.letters.toTeam(requests, key, { entity: noted.entity, code: noted.team, ...reader }),
    );
  }
  await deps.workerDb.within(scope, (trx) => closeNotices(trx, noted, job));
}

/** Whoever processes a request is told at once that its author wrote. */
export async function tellTeamOfWords(deps: TaskDeps, request: Request, key: string): Promise<void> {
  // In triage, and for a partner, the owner's agents have it.
  const inCharge = request.inCharge ? deps.territory.findById(request.inCharge) : undefined;
  const noted = inCharge?.siteUrl
    ? { entity: inCharge.id, team: request.team ?? NO_TEAM }
    : { entity: request.entity, team: inCharge ? NO_TEAM : (request.team ?? NO_TEAM) };
  const reader = await readerOf(deps, noted, request.assignee);
  if (reader) await deps.writer.send(deps.letters.toAgents(request, key, "citizen-wrote", reader.email));
}

/** Where who has a request is written to: its team; without one, or without its address, who took it; else the entity itself. */
async function readerOf(
  deps: TaskDeps,
  { entity: id, team: code }: NotedTeam,
  assignee: string | null,
): Promise<{ name: string; email: string } | undefined> {
  const team = code === NO_TEAM ? undefined : await findTeam(deps.workerDb, id, code);
  const entity = deps.territory.findById(id);
  const email =
    team?.email ??
    (assignee ? await findAgentAddress(deps.workerDb, id, assignee) : undefined) ??
    entity?.contact.email;
  return email ? { name: team?.name ?? entity?.fullName ?? "", email } : undefined;
}

/**
 * First recipients present today, or who stands in for them, and the team a row named; the owner itself where there is nobody.
 * And a second look at half the time triage has.
 */
export async function tellFirstRecipients(
  deps: TaskDeps,
  request: Request,
  key: string,
  kind: "triage" | "triage-alert",
  helpers?: JobHelpers,
): Promise<void> {
  const rosters = await readRosters(deps.workerDb, request.entity);
  const roster = rosters.find((one) => one.procedure === request.procedureSlug);
  const teams = await listTeamAddresses(deps.workerDb, request.entity);
  const addressOf = (code: string | undefined | null) =>
    teams.find((team) => team.code === code)?.email ?? [];
  const addresses = [
    ...(roster ? lookers(deps, roster, request) : []).flatMap((one) => one.agentEmail ?? addressOf(one.team)),
    ...[addressOf(request.team)].flat(),
  ];
  const owner = deps.territory.getById(request.entity).contact.email;
  if (addresses.length === 0 && owner) addresses.push(owner);
  for (const to of new Set(addresses)) await deps.writer.send(deps.letters.toAgents(request, key, kind, to));
  if (kind === "triage" && helpers && roster) {
    const runAt = alertAt(request.receivedAt, triageDeadline(roster, request.receivedAt, CALENDAR));
    await helpers.addJob(
      "triage-alert",
      { requestId: request.id },
      { runAt, jobKey: `triage-alert:${request.id}`, jobKeyMode: "preserve_run_at" },
    );
  }
}

function lookers(deps: TaskDeps, roster: TriageRoster, request: Request) {
  const communes = request.communes.flatMap((id) => deps.territory.findById(id)?.code ?? []);
  return whoLooks(
    roster,
    firstRecipients(roster, { type: request.typeCode, communes }),
    parisDay(new Date()),
  );
}
