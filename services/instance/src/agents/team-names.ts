import type { Database } from "../database.ts";
import { listAllTeams } from "./agent-repository.ts";

const KEPT_FOR_MS = 10_000;

/** Names of every entity's teams, read again every ten seconds: lists name dozens of them. */
export class TeamNames {
  readonly #db: Database;
  #names = new Map<string, string>();
  #teams: { entity: string; code: string; name: string }[] = [];
  #readAt = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The names as they are now; an unknown team shows its code. */
  async read(): Promise<(entity: string, code: string) => string> {
    await this.#freshen();
    return (entity, code) => this.#names.get(`${entity}/${code}`) ?? code;
  }

  /** The teams of an entity, by name. */
  async list(entity: string): Promise<{ code: string; name: string }[]> {
    await this.#freshen();
    return this.#teams.filter((team) => team.entity === entity);
  }

  /** Every team, by name. */
  async all(): Promise<readonly { entity: string; code: string; name: string }[]> {
    await this.#freshen();
    return this.#teams;
  }

  async #freshen(): Promise<void> {
    if (Date.now() - this.#readAt < KEPT_FOR_MS) return;
    const teams = await listAllTeams(this.#db);
    this.#teams = teams.sort((a, b) => a.name.localeCompare(b.name, "fr"));
    this.#names = new Map(teams.map((team) => [`${team.entity}/${team.code}`, team.name]));
    this.#readAt = Date.now();
  }
}
