import pg from "pg";
import { JournalChain, type Link } from "./journal-chain.ts";
import { JournalWalk } from "./journal-walk.ts";

export class JournalBroken extends Error {
  override readonly name = "JournalBroken";
}

/**
 * Walks along the whole journal as its owner, after giving places to the lines that have none yet. Returns its head.
 *
 * @param known `<seq>:<hash>` of a line as the log once named it: that the journal still holds the same is checked too.
 * @throws JournalBroken which names the first line that isn't as it was chained.
 */
export async function checkJournal(ownerUrl: string, known?: string): Promise<Link> {
  const seen = known === undefined ? undefined : parseLink(known);
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 1 });
  // A lost connection fails its statement; one that was ending is nobody's concern.
  pool.on("error", () => {});
  try {
    const chain = new JournalChain(pool);
    const walk = new JournalWalk(chain, seen);
    while ((await chain.chain()) > 0);
    while (!walk.done && !walk.broken) await walk.step();
    if (walk.broken)
      throw new JournalBroken(`the sign-in journal is broken at line ${walk.broken.seq}: ${walk.broken.why}`);
    if (seen && !walk.compared)
      throw new Error(
        `line ${seen.seq} was forgotten since: compare a later one (the journal is whole from its beginning on)`,
      );
    return walk.at as Link;
  } finally {
    await pool.end();
  }
}

function parseLink(text: string): Link {
  const [, seq, hash] = /^([1-9]\d*):([0-9a-f]{64})$/.exec(text) ?? [];
  if (!seq || !hash)
    throw new Error(`not a line of the journal: "${text}" (<seq>:<hash>, as the log names it)`);
  return { seq: Number(seq), hash: Buffer.from(hash, "hex") };
}
