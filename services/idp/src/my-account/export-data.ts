import type { HistoryLine, OwnHistoryRepository } from "../audit/own-history-repository.ts";
import type { OwnDataRepository } from "./own-data-repository.ts";

const LINES_AT_ONCE = 1_000;
/** Years of several sign-ins a day. */
const LINES = 20_000;

/**
 * All this service holds of a person, but what is secret (hashes, codes, tokens, which say nothing of them), in a structured
 * and machine-readable form. Network addresses are held as HMACs: lines from one network share theirs.
 */
export async function exportData(
  { ownData, history }: { ownData: OwnDataRepository; history: OwnHistoryRepository },
  accountId: string,
): Promise<Record<string, unknown>> {
  const lines: HistoryLine[] = [];
  let more: HistoryLine[];
  do {
    more = await history.lines(accountId, LINES_AT_ONCE, lines.at(-1)?.id);
    lines.push(...more);
  } while (more.length === LINES_AT_ONCE && lines.length < LINES);
  return {
    format: "interco-account",
    version: 1,
    exportedAt: new Date().toISOString(),
    ...(await ownData.read(accountId)),
    journal: lines.map(({ at, kind, clientId, addressKey, detail }) => ({
      at,
      kind,
      site: clientId,
      network: addressKey?.toString("hex") ?? null,
      detail,
    })),
  };
}
