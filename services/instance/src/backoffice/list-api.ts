import { Type } from "typebox";
import { actingAgent } from "../agents/acting-agent.ts";
import { recordAct } from "../audit/audit.ts";
import type { Transaction } from "../database.ts";
import type { App, Deps } from "../deps.ts";
import { LISTS } from "./counted-list.ts";
import { writeCursor } from "./cursor.ts";
import { readAddress, toListQuery } from "./list-query.ts";
import type { ListedRequest } from "./listed-request.ts";
import { listRequests } from "./request-list-repository.ts";

const Nullable = <T extends import("typebox").TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Label = Type.Object({ fr: Type.String(), en: Type.String() });

const ListedItem = Type.Object(
  {
    id: Type.String(),
    number: Type.String(),
    relation: Type.Enum(["in_charge", "triage", "place", "gone"]),
    version: Type.Integer(),
    shared: Type.Boolean(),
    procedure: Type.String(),
    type: Nullable(Type.String()),
    title: Label,
    place: Nullable(Type.String()),
    communes: Type.Array(Type.String()),
    status: Type.String(),
    statusKind: Type.Enum(["open", "waiting", "closed"]),
    inCharge: Nullable(Type.String()),
    inChargeName: Nullable(Type.String()),
    team: Nullable(Type.String()),
    assigneeName: Nullable(Type.String()),
    deadline: Nullable(Type.String()),
    receivedAt: Type.String(),
    updatedAt: Type.String(),
    closedAt: Nullable(Type.String()),
    goneTo: Nullable(Type.String()),
    url: Type.String(),
  },
  { additionalProperties: false },
);

const ListAnswer = Type.Object(
  {
    requests: Type.Array(ListedItem),
    /** What to ask as `apres` for the next page; null at the end. */
    next: Nullable(Type.String()),
  },
  { additionalProperties: false },
);

/** The agent's lists for programs, with the agent's own session: the same rows, filters and order as the screens. */
export function registerListApi(app: App, deps: Deps): void {
  app.get(
    "/api/backoffice/demandes",
    {
      config: { auth: "agent" },
      schema: {
        summary: "Requests the agent's entity sees, newest first",
        querystring: Type.Object(
          {
            file: Type.Optional(
              Type.String({ description: "queue: a-traiter, en-retard… all where absent" }),
            ),
            apres: Type.Optional(Type.String()),
            limite: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
          },
          { additionalProperties: true },
        ),
        response: { 200: ListAnswer },
      },
    },
    async (request) => {
      const { author } = actingAgent(request);
      const address = readAddress(request.query, "toutes");
      const query = toListQuery(address, author, { limit: request.query.limite ?? 50, now: new Date() });
      const listing = async (trx: Transaction) => {
        if (address.q) await recordAct(trx, author, "list.searched", { details: { words: address.q } });
        return listRequests(trx, query);
      };
      const page = await deps.db.within({ entities: [author.entity] }, listing, LISTS);
      return { requests: page.rows.map(toItem), next: page.next && writeCursor(page.next) };
    },
  );
}

function toItem(row: ListedRequest) {
  return {
    id: row.id,
    number: row.number,
    relation: row.relation,
    version: row.version,
    shared: row.shared,
    procedure: row.procedureSlug,
    type: row.typeCode,
    title: row.title,
    place: row.placeLabel,
    communes: row.communes,
    status: row.status,
    statusKind: row.statusKind,
    inCharge: row.inCharge,
    inChargeName: row.inChargeName,
    team: row.team,
    assigneeName: row.assigneeName,
    deadline: row.deadline?.toISOString() ?? null,
    receivedAt: row.receivedAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    goneTo: row.goneTo,
    url: row.url,
  };
}
