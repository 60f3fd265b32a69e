import type { Place } from "@interco/contracts/procedure";
import { toRaw } from "@interco/kernel/field-value";
import type { Request } from "../requests/request.ts";
import type { Entity } from "../sites/entity.ts";
import type { Territory } from "../sites/territory.ts";
import type { RowWords } from "./list-row.ts";
import type { ListedRequest } from "./request-list-repository.ts";
import type { TransferForm } from "./transfer-form.ts";

export interface TransferScreen {
  row: ListedRequest;
  request: Request;
  territory: Territory;
  teams: readonly { entity: string; code: string; name: string }[];
  form: TransferForm | null;
  notice: string | null;
}

/** What `backoffice/transfer.hbs` shows: who may get the request, the most likely first. */
export function transferContext(screen: TransferScreen, words: RowWords) {
  const { row, request, territory, form } = screen;
  const { t, lang } = words;
  const inTriage = request.inCharge === null;
  const values = form?.values ?? { ...placeValues(request.place) };
  const error = (name: string) => form?.errors.find((one) => one.name === name)?.message ?? null;
  return {
    title: t(inTriage ? "backoffice.transfer.title-triage" : "backoffice.transfer.title"),
    subject: request.title[lang],
    number: row.number,
    action: `/backoffice/demandes/${row.number}/transmettre`,
    back: inTriage ? "/backoffice/a-orienter" : `/backoffice/demandes/${row.number}`,
    notice: screen.notice,
    errors: form?.errors ?? [],
    inTriage,
    why: inTriage ? row.reason[lang] : null,
    to: {
      error: error("vers"),
      groups: targetGroups(request, territory, values.vers ?? "", t),
    },
    team: {
      error: error("equipe"),
      groups: teamGroups(screen, values.equipe ?? ""),
    },
    reason: { value: values.raison ?? "", error: error("raison") },
    place: {
      open: values.corriger === "true",
      communes: territory.communes.map((commune) => ({ value: commune.code, label: commune.name })),
      value: {
        precision: values["lieu.precision"] ?? "address",
        commune: values["lieu.commune"] ?? "",
        otherCommune: values["lieu.otherCommune"] ?? "",
        address: values["lieu.address"] ?? "",
        detail: values["lieu.detail"] ?? "",
      },
      errors: {
        precision: error("lieu.precision"),
        commune: error("lieu.commune"),
        otherCommune: error("lieu.otherCommune"),
        address: error("lieu.address"),
        detail: error("lieu.detail"),
      },
    },
    hasPlace: request.place !== null,
  };
}

function placeValues(place: Place | null): Record<string, string> {
  const raw = place ? toRaw({ lieu: place }) : {};
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, String(value)]));
}

/** The communes of the place and the agglomeration first; then the others, then partners. */
function targetGroups(
  request: Request,
  territory: Territory,
  chosen: string,
  t: RowWords["t"],
): { label: string; options: { value: string; label: string; selected: boolean }[] }[] {
  const likely = new Set([...request.communes, territory.agglomeration.id]);
  const group = (key: string, entities: readonly Entity[]) => ({
    label: t(`backoffice.transfer.group.${key}`),
    options: entities
      .filter((entity) => entity.id !== request.inCharge)
      .map((entity) => ({ value: entity.id, label: entity.fullName, selected: entity.id === chosen })),
  });
  const { entities } = territory;
  return [
    group(
      "likely",
      entities.filter((entity) => likely.has(entity.id)),
    ),
    group(
      "communes",
      territory.communes.filter((entity) => !likely.has(entity.id)),
    ),
    group(
      "partners",
      entities.filter((entity) => entity.kind === "partner"),
    ),
  ].filter(({ options }) => options.length > 0);
}

function teamGroups({ teams, territory }: TransferScreen, chosen: string) {
  return territory.entities
    .map((entity) => ({
      label: entity.name,
      options: teams
        .filter((team) => team.entity === entity.id)
        .map((team) => {
          const value = `${team.entity}/${team.code}`;
          return { value, label: team.name, selected: value === chosen };
        }),
    }))
    .filter(({ options }) => options.length > 0);
}
