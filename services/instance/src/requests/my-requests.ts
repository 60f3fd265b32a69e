import type { MyRequest } from "@interco/contracts/my-requests";
import { getStatus } from "@interco/kernel/procedure";
import { placeLabel } from "@interco/kernel/request-title";
import type { Deps } from "../deps.ts";
import type { Site } from "../sites/site.ts";
import type { Request } from "./request.ts";
import { listCitizenRequests } from "./request-repository.ts";

/** A person's own requests at one entity, by their subject there; row-level security shows them no other. */
export async function listMyRequests(
  deps: Pick<Deps, "db" | "procedures" | "territory">,
  site: Site,
  sub: string,
): Promise<MyRequest[]> {
  const requests = await deps.db.within({ citizen: sub }, (trx) => listCitizenRequests(trx, sub));
  const own = requests.filter((request) => request.entity === site.entity.id);
  return Promise.all(own.map((request) => describe(deps, site, request)));
}

async function describe(
  deps: Pick<Deps, "procedures" | "territory">,
  site: Site,
  request: Request,
): Promise<MyRequest> {
  const { definition } = await deps.procedures.getVersion(
    request.entity,
    request.procedureSlug,
    request.procedureVersion,
  );
  const nameOf = (code: string) => deps.territory.findByCode(code)?.name;
  const inCharge = request.inCharge ? deps.territory.findById(request.inCharge) : undefined;
  return {
    number: request.number,
    title: request.title,
    procedure: { slug: request.procedureSlug, title: definition.title },
    status: {
      code: request.status,
      label: getStatus(definition, request.status).label,
      kind: request.statusKind,
    },
    inCharge: inCharge ? { entity: inCharge.id, name: inCharge.fullName } : null,
    placeLabel: request.place ? placeLabel(request.place, nameOf) : null,
    receivedAt: request.receivedAt.toISOString(),
    updatedAt: request.updatedAt.toISOString(),
    plannedFor: request.plannedFor,
    deadline: request.deadline?.toISOString() ?? null,
    closedAt: request.closedAt?.toISOString() ?? null,
    url: `${site.origin}/demandes/${request.number}`,
  };
}
