/** Somebody who works for an entity here. `ops` administer the instance; `admin` the entity's settings. */
export interface Agent {
  entity: string;
  email: string;
  agentId: string | null;
  givenName: string;
  familyName: string;
  role: "agent" | "admin" | "ops";
  teams: string[];
  authorised: boolean;
}
