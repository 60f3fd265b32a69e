import { STREAMS } from "@interco/platform/streams";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { SmallFederation } from "./small-federation.ts";

/** Every message of every stream, whole, as the agglomeration's account reads them: subject, headers, data. */
export async function everyMessage({ hub }: SmallFederation): Promise<{ subject: string; text: string }[]> {
  const { url, user, password } = hub.config.nats;
  const connection = await connect({ servers: url, user, pass: password });
  try {
    const js = jetstream(connection);
    const found: { subject: string; text: string }[] = [];
    for (const stream of Object.keys(STREAMS)) {
      const consumer = await js.consumers.get(stream);
      const left = (await consumer.info()).num_pending;
      if (left === 0) continue;
      for await (const message of await consumer.fetch({ max_messages: left, expires: 10_000 })) {
        const headers = message.headers ? [...message.headers].flat(2).join(" ") : "";
        found.push({ subject: message.subject, text: `${message.subject} ${headers} ${message.string()}` });
      }
    }
    return found;
  } finally {
    await connection.close();
  }
}
