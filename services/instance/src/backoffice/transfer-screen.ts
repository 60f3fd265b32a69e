import type { Place } from "@interco/contracts/procedure";
import { toRaw } from "@interco/kernel/field-value";
import type { Request } from "../requests/request.ts";
import type { Entity } from "../sites/entity.ts";
import type { Territory } from "../sites/territory.ts";
import type { RowWords } from "./list-row.ts";
import type { ListedRequest } from "./listed-request.ts";
import type { TransferForm } from "./transfer-form.ts";

export interface TransferScreen {
  row: ListedRequest;
  request: Request;
  territory: Territory;
  teams: readonly { entity: string; code: string; name: string }[];
  form: TransferForm | null;
  notice: string | null;
  /** Another entity may get it; else only another team of the entity that has it. */
  handsOver: boolean;
}

/** What `backoffice/transfer.hbs` shows: who may get the request, the most likely first. */
export function transferContext(screen: TransferScreen, words: RowWords) {
  const { row, request, territory, form } = screen;
  const { t, lang } = words;
  const inTriage = request.inCharge === null;
  const values = form?.values ?? { ...placeValues(request.place) };
  const error = (name: string) => form?.errors.find((one) => one.name === name)?.message ?? null;
  return {
    title: t(`backoffice.transfer.title${inTriage ? "-triage" : screen.handsOver ? "" : "-team"}`),
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
      fixed: screen.handsOver ? null : request.inCharge,
      groups: targetGroups(request, territory, values.vers ?? "", t),
    },
    team: {
      hint: t(`backoffice.transfer.${screen.handsOver ? "team-hint" : "team-only-hint"}`),
      error: error("equipe"),
      groups: teamGroups(
        screen,
        values.equipe ?? (screen.handsOver ? "" : `${request.inCharge}/${request.team}`),
      ),
    },
    reason: {
      value: values.raison ?? "",
      error: error("raison"),
      hint: t(`backoffice.transfer.${screen.handsOver ? "reason-hint" : "reason-hint-team"}`),
    },
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
  // The one that has it is among them: its place may be corrected there, and its team changed.
  const likely = new Set([...request.communes, territory.agglomeration.id, request.inCharge]);
  const group = (key: string, entities: readonly Entity[]) => ({
    label: t(`backoffice.transfer.group.${key}`),
    options: entities.map((entity) => ({
      value: entity.id,
      label: entity.fullName,
      selected: entity.id === chosen,
    })),
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

function teamGroups({ teams, territory, handsOver, request }: TransferScreen, chosen: string) {
  return territory.entities
    .filter((entity) => handsOver || entity.id === request.inCharge)
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
