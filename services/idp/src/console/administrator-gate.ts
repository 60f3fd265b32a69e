import type { FastifyReply, FastifyRequest } from "fastify";
import type { AccountOwners, Owner } from "../my-account/account-owner.ts";
import { ACR } from "../provider/acr.ts";
import type { AdministratorRepository } from "./administrator-repository.ts";

/** Undefined: the answer is on its way, a sign-in or the page of an address that doesn't exist. */
export type AdministratorOf = (
  request: FastifyRequest,
  reply: FastifyReply,
  options?: { recent?: boolean },
) => Promise<Owner | undefined>;

export interface GateParts {
  owners: AccountOwners;
  administrators: Pick<AdministratorRepository, "has">;
}

/**
 * Who may see a page of the console: an administrator, by two factors; for acts (`recent`), who gave credentials a short while ago.
 * To everybody else who is signed in the page doesn't exist.
 */
export function administratorGate({ owners, administrators }: GateParts): AdministratorOf {
  return async (request, reply, { recent = false } = {}) => {
    const known = await owners.ownerOf(request, reply, { professional: true });
    if (!known) return undefined;
    if (!(await administrators.has(known.account.id))) {
      reply.callNotFound();
      return undefined;
    }
    const find = recent ? owners.recentOwnerOf : owners.ownerOf;
    return find(request, reply, { professional: true, acrValues: [ACR.multi] });
  };
}
