import type { App } from "@interco/platform/http";
import { Type } from "typebox";
import type { SignInJournal } from "../audit/sign-in-journal.ts";
import type { ClientRepository } from "../clients/client-repository.ts";
import type { PasswordHasher } from "../credentials/password-hash.ts";
import { PASSWORD_LENGTH } from "../credentials/password-length.ts";
import type { AccountRepository } from "./account-repository.ts";

const closed = { additionalProperties: false };
const Wanted = Type.Object(
  {
    email: Type.String({ pattern: "^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$", maxLength: 254 }),
    password: Type.String({ minLength: PASSWORD_LENGTH.min, maxLength: PASSWORD_LENGTH.max }),
    givenName: Type.String({ minLength: 1, maxLength: 100 }),
    familyName: Type.String({ minLength: 1, maxLength: 100 }),
    kind: Type.Union([Type.Literal("personal"), Type.Literal("professional")]),
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

export interface OperatorParts {
  accounts: AccountRepository;
  clients: ClientRepository;
  hasher: PasswordHasher;
  journal: SignInJournal;
}

/** What `interco apply` does here: first accounts, and which sites exist. Sites register by RFC 7591 (`POST /reg`). */
export function operatorRoutes(app: App, { accounts, clients, hasher, journal }: OperatorParts): void {
  app.post(
    "/operator/accounts",
    { config: { auth: "operator" }, schema: { body: Wanted, response: { 200: Made, 201: Made } } },
    async (request, reply) => {
      const { password, ...wanted } = request.body;
      // An account that exists belongs to its person: it is answered, never changed.
      const known = await accounts.findByEmail(wanted.email, wanted.kind);
      if (known) return reply.code(200).send({ accountId: known.id, agentId: known.agentId });
      const { account, created } = await accounts.create(wanted, await hasher.hash(password));
      if (created) await journal.add({ kind: "account_created", accountId: account.id });
      return reply.code(created ? 201 : 200).send({ accountId: account.id, agentId: account.agentId });
    },
  );

  app.get(
    "/operator/clients",
    { config: { auth: "operator" }, schema: { response: { 200: Type.Array(Client) } } },
    async () => clients.list(),
  );
}
