import type { EntityContact } from "@interco/contracts/instance-seed";
import type { EntityView } from "@interco/ui/entity-view";
import { findTeamName } from "../agents/team-repository.ts";
import type { Deps } from "../deps.ts";
import { viewOf } from "../sites/site-frame.ts";

/** The card "Votre demande est suivie par". */
export interface Follower {
  entity: EntityView | null;
  /** Name of the team, where one is known. */
  service: string;
  partner: boolean;
  contact: EntityContact | null;
  /** How long it usually takes, in words; empty where it isn't said. */
  delay: string;
  /** Words for when nobody is known yet. */
  pending: string;
}

/** Who follows a request, or will: an entity and its team; where there is none, the owner's people will find out. */
export async function followerOf(
  deps: Pick<Deps, "territory" | "db" | "renderer">,
  follows: { inCharge: string | null; team: string | null; owner: string; delay?: string },
  lang: "fr" | "en",
): Promise<Follower> {
  const entity = follows.inCharge ? deps.territory.findById(follows.inCharge) : undefined;
  if (!entity) {
    const owner = deps.territory.getById(follows.owner).name;
    const pending = deps.renderer.translate(lang, "requests.form.triage", { entity: owner });
    return { entity: null, service: "", partner: false, contact: null, delay: "", pending };
  }
  return {
    entity: viewOf(entity),
    service: await serviceOf(deps, follows),
    partner: entity.kind === "partner",
    contact: entity.contact,
    delay: follows.delay ?? "",
    pending: "",
  };
}

/** Name of the team in charge; empty where there is none. */
export async function serviceOf(
  { db }: Pick<Deps, "db">,
  { inCharge, team }: { inCharge: string | null; team: string | null },
): Promise<string> {
  return inCharge && team ? ((await findTeamName(db, inCharge, team)) ?? "") : "";
}
