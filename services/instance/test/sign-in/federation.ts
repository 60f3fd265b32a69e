import type { InstanceSeed } from "@interco/contracts/instance-seed";
import { passSecondStep, totpOf } from "@interco/testing/second-step";
import { type ListeningInstance, type SiteName, startInstance } from "./listening-instance.ts";
import { PASSWORD, type RealIdp, startRealIdp } from "./real-idp.ts";
import { TestBrowser } from "./test-browser.ts";

/** The real identity provider and an instance with sites registered there. */
export interface SmallFederation extends AsyncDisposable {
  idp: RealIdp;
  instance: ListeningInstance;
  origin: (site: SiteName) => string;
  signIn: (
    browser: TestBrowser,
    site: SiteName,
    options?: SignInOptions,
  ) => Promise<import("./test-browser.ts").Page>;
}

export interface SignInOptions {
  email?: string;
  /** Path that asks for a sign-in. */
  path?: string;
}

export async function startFederation(
  hosts: SiteName[],
  seed?: (idp: RealIdp) => Promise<Partial<InstanceSeed>>,
  smtp?: string,
): Promise<SmallFederation> {
  const idp = await startRealIdp(smtp);
  const instance = await startSites(idp, hosts, seed).catch(async (error: unknown) => {
    await idp[Symbol.asyncDispose]();
    throw error;
  });
  return {
    idp,
    instance,
    origin: instance.originOf,
    async signIn(browser, site, { email = "camille@exemple.test", path = "/connexion" } = {}) {
      const page = await browser.open(`${instance.originOf(site)}${path}`);
      if (!page.url.startsWith(idp.issuer)) return page;
      let next = await browser.submit(page, { email, password: PASSWORD, action: "connecter" });
      if (new URL(next.url).pathname.endsWith("/verification"))
        await passSecondStep(totpOf(email), async (code) => {
          next = await browser.submit(next, { code });
          return !next.url.startsWith(idp.issuer);
        });
      return next;
    },
    async [Symbol.asyncDispose]() {
      await instance[Symbol.asyncDispose]();
      await idp[Symbol.asyncDispose]();
    },
  };
}

async function startSites(
  idp: RealIdp,
  hosts: SiteName[],
  seed: ((idp: RealIdp) => Promise<Partial<InstanceSeed>>) | undefined,
): Promise<ListeningInstance> {
  await idp.createAccount("camille@exemple.test", "personal");
  const instance = await startInstance({
    hosts,
    issuer: idp.issuer,
    ...(seed ? { seed: await seed(idp) } : {}),
  });
  for (const [index, entity] of instance.config.entities.entries()) {
    const name = hosts[index] ?? "";
    await idp.register(entity, name, name === "metropole" ? "agglomeration" : "commune");
  }
  return instance;
}

export { TestBrowser };
