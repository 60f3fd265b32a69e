import type { TriageRoster } from "@interco/contracts/dispatch";
import { parisDay } from "@interco/kernel/calendar";
import {
  alertAt,
  firstRecipients,
  nextPresence,
  presentOn,
  triageDeadline,
  whoLooks,
} from "@interco/kernel/triage";
import { dateInWords } from "@interco/kernel/words";
import type { Agent } from "../agents/agent.ts";
import { CALENDAR } from "../sites/calendar.ts";
import type { RowWords } from "./list-row.ts";
import type { ListedRequest } from "./listed-request.ts";
import type { ListPage } from "./request-list-repository.ts";

export interface TriageScreen {
  page: ListPage;
  rosters: readonly TriageRoster[];
  agents: readonly Agent[];
  done: string | null;
  previous: string | null;
  next: string | null;
  count: string;
}

/** What `backoffice/triage.hbs` shows: what no table decided, why, who looks first and by when. */
export function triageContext(screen: TriageScreen, words: RowWords) {
  const { t } = words;
  return {
    title: t("backoffice.queue.a-orienter"),
    summary: screen.count,
    done: screen.done,
    rows: screen.page.rows.map((request) => triageRow(request, screen, words)),
    emptyTitle: t("backoffice.empty.a-orienter"),
    emptyText: t("backoffice.triage.empty-text"),
    previous: screen.previous,
    next: screen.next,
  };
}

function triageRow(request: ListedRequest, { rosters, agents }: TriageScreen, words: RowWords) {
  const { lang, t, now } = words;
  const roster = rosters.find((one) => one.procedure === request.procedureSlug);
  const deadline = roster ? triageDeadline(roster, request.receivedAt, CALENDAR) : null;
  return {
    href: `/backoffice/demandes/${request.number}`,
    dispatchHref: `/backoffice/demandes/${request.number}/transmettre`,
    title: request.title[lang],
    number: request.number,
    receivedAt: request.receivedAt,
    reason: request.reason[lang],
    communes:
      request.communes.map((id) => words.find(id)?.name ?? id).join(", ") || t("backoffice.triage.nowhere"),
    recipients: roster ? recipientsOf(roster, request, agents, words) : null,
    deadline,
    late: deadline !== null && deadline < now,
    alert: deadline !== null && deadline >= now && alertAt(request.receivedAt, deadline) < now,
  };
}

/** Who looks today, and the absent they stand in for. */
function recipientsOf(
  roster: TriageRoster,
  request: ListedRequest,
  agents: readonly Agent[],
  { find, t, lang, now, teamName, entity }: RowWords,
): string {
  const today = parisDay(now);
  const communes = request.communes.flatMap((id) => find(id)?.code ?? []);
  const first = firstRecipients(roster, { type: request.typeCode, communes });
  const looking = whoLooks(roster, first, today);
  const name = (recipient: TriageRoster["recipients"][number]) => {
    const agent = agents.find((one) => one.email === recipient.agentEmail?.toLowerCase());
    const team = recipient.team ? teamName(entity.id, recipient.team) : null;
    const person = agent ? `${agent.givenName} ${agent.familyName}` : null;
    return person && team
      ? t("backoffice.triage.person", { person, team })
      : (person ?? team ?? recipient.id);
  };
  const absent = first
    .filter((recipient) => !presentOn(recipient, today))
    .map((recipient) => {
      const day = nextPresence(recipient, today);
      return day
        ? t("backoffice.triage.back-on", {
            name: name(recipient),
            date: dateInWords(day, lang, { year: false }),
          })
        : name(recipient);
    });
  const said = looking.map(name).join(", ");
  // Nobody is there today, not even a stand-in: it waits for its first recipients.
  if (looking.every((recipient) => first.includes(recipient) && !presentOn(recipient, today)))
    return absent.join(", ");
  return absent.length > 0 ? t("backoffice.triage.stand-in", { who: said, absent: absent.join(", ") }) : said;
}
