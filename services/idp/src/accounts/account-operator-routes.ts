import type { App } from "@interco/platform/http";
import { Type } from "typebox";
import type { ClientRepository } from "../clients/client-repository.ts";
import type { PasswordHasher } from "../credentials/password-hash.ts";
import { PASSWORD_LENGTH } from "../credentials/password-length.ts";
import type { AccountKind } from "./account-repository.ts";
import { type DeactivationParts, deactivateAccount, reactivateAccount } from "./deactivate-account.ts";

const closed = { additionalProperties: false };
const Wanted = Type.Object(
  {
    email: Type.String({ pattern: "^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$", maxLength: 254 }),
    password: Type.String({ minLength: PASSWORD_LENGTH.min, maxLength: PASSWORD_LENGTH.max }),
    givenName: Type.String({ minLength: 1, maxLength: 100 }),
    familyName: Type.String({ minLength: 1, maxLength: 100 }),
    kind: Type.Union([Type.Literal("personal"), Type.Literal("professional")]),
    /** Of a professional account: the entity (its id) somebody works for, whose word keeps it. */
    entity: Type.Optional(Type.String({ maxLength: 64 })),
    /** Base32 secret of an authenticator program, as a demonstration's agents have. */
    totp: Type.Optional(Type.String({ pattern: "^[A-Z2-7]{26,128}$" })),
  },
  closed,
);
const Made = Type.Object(
  { accountId: Type.String(), agentId: Type.Union([Type.String(), Type.Null()]) },
  closed,
);
const Client = Type.Object(
  {
    clientId: Type.String(),
    entity: Type.String(),
    name: Type.String(),
    kind: Type.String(),
    origin: Type.String(),
  },
  closed,
);
const Id = Type.Object({ id: Type.String({ format: "uuid" }) });
const Reactivated = Type.Object({ reactivated: Type.Boolean() }, closed);

export interface OperatorParts extends DeactivationParts {
  /** Keeps an entity's word that an agent works for it. */
  access: { vouch(clientId: string, email: string, accountId: string): Promise<void> };
  clients: ClientRepository;
  hasher: PasswordHasher;
  /** Gives an account its first second factor; one that has any keeps what it has. */
  giveProgram(accountId: string, secret: string): Promise<void>;
}

/** What `interco apply` does here: first accounts, and which sites exist. Sites register by RFC 7591 (`POST /reg`). */
export function operatorRoutes(app: App, parts: OperatorParts): void {
  const { accounts, access, clients, hasher, journal, giveProgram } = parts;
  app.post(
    "/operator/accounts",
    { config: { auth: "operator" }, schema: { body: Wanted, response: { 200: Made, 201: Made } } },
    async (request, reply) => {
      const { password, entity, totp, ...wanted } = request.body;
      const professional = wanted.kind === "professional";
      // An account that exists belongs to its person: it is answered, never changed; but where it is still as it was given.
      const known = await accounts.findByEmail(wanted.email, wanted.kind);
      if (known && totp && (await hasPassword(parts, wanted, password))) await giveProgram(known.id, totp);
      const { account, created } = known
        ? { account: known, created: false }
        : await accounts.create(
            { ...wanted, keptByOperator: professional && entity === undefined },
            await hasher.hash(password),
          );
      if (created) await journal.add({ kind: "account_created", accountId: account.id });
      if (created && totp) await giveProgram(account.id, totp);
      if (professional && entity) await access.vouch(entity, wanted.email, account.id);
      return reply.code(created ? 201 : 200).send({ accountId: account.id, agentId: account.agentId });
    },
  );

  app.post(
    "/operator/accounts/:id/deactivate",
    { config: { auth: "operator" }, schema: { params: Id, response: { 204: Type.Null() } } },
    async (request, reply) => {
      await deactivateAccount(parts, request.params.id, "operator");
      return reply.code(204).send(null);
    },
  );

  app.post(
    "/operator/accounts/:id/reactivate",
    { config: { auth: "operator" }, schema: { params: Id, response: { 200: Reactivated } } },
    async (request) => ({
      reactivated: await reactivateAccount(parts, request.params.id, ["operator", "left"]),
    }),
  );

  app.get(
    "/operator/clients",
    { config: { auth: "operator" }, schema: { response: { 200: Type.Array(Client) } } },
    async () => clients.list(),
  );
}

async function hasPassword(
  { accounts, hasher }: OperatorParts,
  { email, kind }: { email: string; kind: AccountKind },
  password: string,
): Promise<boolean> {
  const found = await accounts.findForSignIn(email, kind);
  return found?.account.kind === kind && (await hasher.verify(found.hash ?? undefined, password));
}
