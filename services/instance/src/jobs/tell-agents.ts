import { parisDay } from "@interco/kernel/calendar";
import { alertAt, firstRecipients, triageDeadline, whoLooks } from "@interco/kernel/triage";
import type { JobHelpers } from "graphile-worker";
import { findTeam, listTeamAddresses } from "../agents/team-repository.ts";
import { readReferenceTables } from "../dispatch/reference-table-repository.ts";
import { CALENDAR } from "../requests/calendar.ts";
import type { Request } from "../requests/request.ts";
import { findRequestsById } from "../requests/request-repository.ts";
import { jobKey, type TaskDeps } from "./task.ts";
import { closeNotices, type NotedTeam, noteForTeam, takeNotices } from "./team-notice-repository.ts";

/** A team hears of what arrives at once, then at most this often. */
const BETWEEN_MS = 10 * 60_000;
/** A job this near may have begun: it is asked for again. */
const NEAR_MS = 1_000;

/** The team of a request that has just arrived will be told of it: at once, or with others a little later. */
export async function tellTeamOfArrival(
  deps: TaskDeps,
  request: Request,
  helpers: JobHelpers,
): Promise<void> {
  if (!request.inCharge || !request.team) return;
  const noted: NotedTeam = { entity: request.inCharge, team: request.team };
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
  const team = await findTeam(deps.workerDb, noted.entity, noted.team);
  const requests = await deps.workerDb.within(scope, (trx) => findRequestsById(trx, ids));
  const [first] = requests;
  if (team?.email && first) {
    const key = `${jobKey(helpers)}:${job}`;
    await deps.writer.send(
      requests.length === 1
        ? deps.letters.toAgents(first, key, "new", team.email)
        : deps.letters.toTeam(requests, key, { ...team, email: team.email }),
    );
  }
  await deps.workerDb.within(scope, (trx) => closeNotices(trx, noted, job));
}

/** Whoever processes a request is told at once that its author wrote. */
export async function tellTeamOfWords(deps: TaskDeps, request: Request, key: string): Promise<void> {
  if (!request.inCharge || !request.team) return;
  const team = await findTeam(deps.workerDb, request.inCharge, request.team);
  if (team?.email) await deps.writer.send(deps.letters.toAgents(request, key, "citizen-wrote", team.email));
}

/** First recipients present today, or who stands in for them; and a second look at half the time triage has. */
export async function tellFirstRecipients(
  deps: TaskDeps,
  request: Request,
  key: string,
  kind: "triage" | "triage-alert",
  helpers?: JobHelpers,
): Promise<void> {
  const { rosters } = await readReferenceTables(deps.workerDb, request.entity);
  const roster = rosters.find((one) => one.procedure === request.procedureSlug);
  if (!roster) return;
  const communes = request.communes.flatMap((id) => deps.territory.findById(id)?.code ?? []);
  const named = firstRecipients(roster, { type: request.typeCode, communes });
  const teams = await listTeamAddresses(deps.workerDb, request.entity);
  const addresses = whoLooks(roster, named, parisDay(new Date())).flatMap(
    (one) => one.agentEmail ?? teams.find((team) => team.code === one.team)?.email ?? [],
  );
  for (const to of new Set(addresses)) await deps.writer.send(deps.letters.toAgents(request, key, kind, to));
  if (kind === "triage" && helpers) {
    const runAt = alertAt(request.receivedAt, triageDeadline(roster, request.receivedAt, CALENDAR));
    await helpers.addJob(
      "triage-alert",
      { requestId: request.id },
      { runAt, jobKey: `triage-alert:${request.id}`, jobKeyMode: "preserve_run_at" },
    );
  }
}
