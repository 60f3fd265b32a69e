import { startFederation } from "./federation.ts";
import { federationProviders } from "./upstream-federation.ts";

/**
 * Vitest's global set-up: the demonstration runs once for the whole project, with a FranceConnect and a ProConnect of our own
 * beside it, gone at the end.
 * `INTERCO_TEST_FEDERATION` given from outside (a data folder whose runner runs) replaces it: handy while
 * writing a test.
 */
export default async function globalFederation(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.INTERCO_TEST_FEDERATION) return undefined;
  const providers = await federationProviders();
  const federation = await startFederation({ file: providers.file });
  providers.open(federation.said().idp.issuer);
  process.env.INTERCO_TEST_UPSTREAMS = "yes";
  process.env.INTERCO_TEST_FEDERATION = federation.data;
  return async () => {
    delete process.env.INTERCO_TEST_FEDERATION;
    delete process.env.INTERCO_TEST_UPSTREAMS;
    await federation.stop();
    await providers[Symbol.asyncDispose]();
  };
}
