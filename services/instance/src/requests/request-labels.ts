import type { Bilingual } from "@interco/contracts/procedure";
import { type CompiledProcedure, findType, getStatus } from "@interco/kernel/procedure";
import { placeLabel } from "@interco/kernel/request-title";
import type { Entity } from "../sites/entity.ts";
import type { Request } from "./request.ts";
import type { RowLabels } from "./request-row.ts";

/** The words of a request's list row, from the version of the procedure it was filed with. */
export function rowLabels(
  request: Pick<Request, "number" | "typeCode" | "status" | "place">,
  procedure: CompiledProcedure,
  options: { ownerOrigin: string; shared: boolean; findByCode: (code: string) => Entity | undefined },
): RowLabels {
  const { definition } = procedure;
  const type = request.typeCode ? findType(definition, request.typeCode) : undefined;
  return {
    procedureTitle: definition.title,
    typeLabel: type ? joined(type.group.label, type.type.label) : null,
    statusLabel: getStatus(definition, request.status).label,
    placeLabel: request.place ? placeLabel(request.place, (code) => options.findByCode(code)?.name).fr : null,
    shared: options.shared,
    url: `${options.ownerOrigin}/backoffice/demandes/${request.number}`,
  };
}

function joined(group: Bilingual, type: Bilingual): Bilingual {
  const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
  return { fr: `${group.fr}, ${lower(type.fr)}`, en: `${group.en}, ${lower(type.en)}` };
}
