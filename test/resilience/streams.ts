import { STREAMS, type StreamName, streamManager } from "@interco/platform/streams";
import { jetstream } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { SmallFederation } from "./small-federation.ts";

/** Every message of every stream, whole, as the agglomeration's account reads them: subject, headers, data. */
export async function everyMessage(f: SmallFederation): Promise<{ subject: string; text: string }[]> {
  return asHub(f, async (connection) => {
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
  });
}

/** Loses one stream with all it holds, and no other. */
export async function deleteStream(f: SmallFederation, stream: StreamName): Promise<void> {
  await asHub(f, async (connection) => (await streamManager(connection)).streams.delete(stream));
}

async function asHub<T>({ hub }: SmallFederation, work: (connection: NatsConnection) => Promise<T>) {
  const { url, user, password } = hub.config.nats;
  const connection = await connect({ servers: url, user, pass: password });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
