/**
 * The bare twin of the silent sign-in bench: oidc-provider with our own configuration, as many clients, and its
 * in-memory storage in place of PostgreSQL. Run as a process: reads `{port, clients}` on stdin, says "ready".
 */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { type JWKS } from "oidc-provider";
import type { AccountRow } from "../../src/accounts/account-repository.ts";
import { providerConfiguration } from "../../src/provider/provider-configuration.ts";

const { port, clients, accounts } = JSON.parse(await text(process.stdin)) as {
  port: number;
  clients: object[];
  accounts: AccountRow[];
};
const issuer = `http://connexion.localhost:${port}`;
const { privateKey } = await generateKeyPair("ES256", { extractable: true });
const jwk = { ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: "twin" };
const known = new Map(accounts.map((account) => [account.id, account]));
const nothing = async () => {};
const { adapter: _adapter, ...configuration } = providerConfiguration({
  issuer,
  development: true,
  jwks: { keys: [jwk] } as JWKS,
  cookieKeys: [Buffer.alloc(32, 1).toString("base64url")],
  pairwiseKey: Buffer.alloc(32, 2),
  initialAccessToken: "i".repeat(40),
  adapter: (() => undefined) as never,
  fetch,
  findAccount: async (id) => known.get(id),
  siteExists: async () => true,
  findConsent: async () => undefined,
  screens: { error: nothing, confirmLogout: nothing, loggedOut: nothing },
});
const provider = new Provider(issuer, { ...configuration, clients: [] });
// Clients are stored as registration would store them, not as configuration: they are looked up as ours are.
for (const metadata of clients as { client_id: string }[])
  await (
    provider.Client as unknown as { adapter: { upsert(id: string, data: object): Promise<void> } }
  ).adapter.upsert(metadata.client_id, metadata);

const answer = provider.callback();
createServer((request, response) => {
  // Signs in whoever is asked for: the bench measures what comes after.
  const account = /^\/session-for\/(.+)$/.exec(request.url ?? "")?.[1];
  if (!account) return void answer(request, response);
  const session = new (
    provider.Session as unknown as new (
      payload: object,
    ) => InstanceType<Provider["Session"]>
  )({});
  session.loginAccount({ accountId: account });
  void session.save(3600).then(() => {
    const cookies = provider.createContext(request, response).cookies;
    cookies.set("session", session.jti, { signed: true, overwrite: true });
    response.end();
  });
}).listen(port, "127.0.0.1", () => process.stdout.write("ready\n"));
