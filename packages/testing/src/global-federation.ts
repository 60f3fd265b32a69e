import { startFederation } from "./federation.ts";

/**
 * Vitest's global set-up: the demonstration runs once for the whole project, gone at the end.
 * `INTERCO_TEST_FEDERATION` given from outside (a data folder whose runner runs) replaces it: handy while
 * writing a test.
 */
export default async function globalFederation(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.INTERCO_TEST_FEDERATION) return undefined;
  const federation = await startFederation();
  process.env.INTERCO_TEST_FEDERATION = federation.data;
  return async () => {
    delete process.env.INTERCO_TEST_FEDERATION;
    await federation.stop();
  };
}
