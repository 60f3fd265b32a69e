import { createHash } from "node:crypto";
import type { MailServer } from "@interco/platform/mail-server";
import { mailText } from "@interco/ui/mail-text";
import type { Database } from "../database.ts";
import type { Deps } from "../deps.ts";
import type { Entity } from "../sites/entity.ts";
import { viewOf } from "../sites/site-frame.ts";
import { keepLetter, markFailed, markSent } from "./letter-repository.ts";

export interface LetterAttachment {
  name: string;
  mediaType: string;
  bytes: Buffer;
}

export interface LetterDraft {
  /** The job it comes from: the same job writes the same letter. */
  jobKey: string;
  /** The hosted entity whose instance sends it. */
  entity: string;
  /** The entity whose name and colours it wears. */
  sender: Entity;
  requestId: string | null;
  kind: string;
  to: string;
  lang: "fr" | "en";
  screen: string;
  subject: string;
  context: object;
  /** What the proof shows instead, where the letter tells of requests that are none of its own: their erasure wouldn't reach it. */
  keptContext?: object;
  /** Sent with the mail; the proof keeps its text alone. */
  attachments?: readonly LetterAttachment[];
  /** What only the mail shows and the proof doesn't keep: tracking codes. */
  secrets?: readonly string[];
}

/** Writes, keeps and sends letters; a letter that was sent isn't sent again. */
export class LetterWriter {
  readonly #deps: Pick<Deps, "renderer" | "territory">;
  readonly #db: Database;
  readonly #server: MailServer;

  /** @param db under the worker's role */
  constructor(deps: Pick<Deps, "renderer" | "territory">, db: Database, server: MailServer) {
    this.#deps = deps;
    this.#db = db;
    this.#server = server;
  }

  async send(draft: LetterDraft): Promise<void> {
    const id = letterId(draft);
    const frame = {
      kind: "mail",
      entity: viewOf(draft.sender),
      contact: { ...draft.sender.contact, name: draft.sender.fullName },
      why: null,
    };
    const render = (context: object) =>
      this.#deps.renderer.render(
        draft.screen,
        { ...context, title: draft.subject },
        { lang: draft.lang, frame: frame as never },
      );
    const html = render(draft.context);
    const keptHtml = draft.keptContext ? render(draft.keptContext) : html;
    const hide = (text: string) =>
      (draft.secrets ?? []).reduce((masked, secret) => masked.replaceAll(secret, "•••••"), text);
    const text = mailText(html);
    const letter = {
      id,
      entity: draft.entity,
      senderEntity: draft.sender.id,
      requestId: draft.requestId,
      kind: draft.kind,
      recipient: draft.to,
      subject: draft.subject,
      text: hide(keptHtml === html ? text : mailText(keptHtml)),
      html: hide(keptHtml),
    };
    const kept = await this.#db.within({ entities: [draft.entity] }, (trx) => keepLetter(trx, letter));
    if (kept.sent) return;
    const address = senderAddress(draft.sender, this.#deps.territory.getById(draft.entity));
    const messageId = `<${id}@${address.split("@")[1]}>`;
    try {
      await this.#server.send({
        from: { name: draft.sender.fullName, address },
        to: draft.to,
        subject: draft.subject,
        text,
        html,
        messageId,
        attachments: draft.attachments ?? [],
      });
    } catch (error) {
      await this.#db.within({ entities: [draft.entity] }, (trx) =>
        markFailed(trx, id, error instanceof Error ? error.message : String(error)),
      );
      throw error;
    }
    // The one commit of a job that must not be undone: the mail has left.
    await this.#db.within({ entities: [draft.entity] }, (trx) => markSent(trx, id, messageId), {
      durable: true,
    });
  }
}

/**
 * The address a letter comes from: the one registered for who it wears, else that of the entity whose instance sends it. An
 * entity hosted elsewhere says its own contact address: whatever it named would be written to citizens from.
 */
export function senderAddress(sender: Entity, owner: Entity): string {
  const contact = (entity: Entity) => (entity.hosted ? entity.contact.email : null);
  return (
    sender.mailSender ??
    contact(sender) ??
    owner.mailSender ??
    contact(owner) ??
    "ne-pas-repondre@interco.invalid"
  );
}

/** The same job, kind and recipient always give the same id. */
function letterId({ jobKey, kind, to }: LetterDraft): string {
  const hex = createHash("sha256").update(`${jobKey}\n${kind}\n${to}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
