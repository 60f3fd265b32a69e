import type { Bilingual } from "@interco/contracts/procedure";
import { describeAnswers } from "@interco/kernel/answers";
import { refusesForGood } from "@interco/platform/mail-server";
import type { JobHelpers } from "graphile-worker";
import type { LetterAttachment } from "../letters/letter-writer.ts";
import type { LetterSubject } from "../letters/request-letters.ts";
import { answersNow } from "../requests/answers-now.ts";
import { findFile, listRequestFiles } from "../requests/file-repository.ts";
import type { Request } from "../requests/request.ts";
import { timelineEntry } from "../requests/timeline.ts";
import { addEntries, listTimeline } from "../requests/timeline-repository.ts";
import type { Entity } from "../sites/entity.ts";
import { returnToTriage } from "./return-to-triage.ts";
import { jobKey, type TaskDeps } from "./task.ts";
import { tellFirstRecipients } from "./tell-agents.ts";

/** Bytes of photos in one mail: encoded they are a third more, and many servers refuse beyond 10 or 15 MB. */
const PHOTOS_AT_MOST = 7_000_000;
/** Attempts at a server that doesn't answer: graphile-worker spreads as many over some three hours. */
const LAST_ATTEMPT = 10;

/**
 * A partner, or a commune without a site, gets the request by mail: all it needs to act, its photos, and how to reach the author;
 * the timeline says what left, when and to whom. Where it can't be reached a person must know: the request goes back to triage.
 * Returns whether it has left.
 */
export async function tellPartner(
  deps: TaskDeps,
  subject: LetterSubject,
  partner: Entity,
  helpers: JobHelpers,
): Promise<boolean> {
  const key = jobKey(helpers);
  const photos = await photosOf(deps, subject.request);
  const letter = deps.letters.toPartner(subject, key, partner, factsOf(deps, subject, photos));
  if (!letter) return giveBack(deps, subject, NO_ADDRESS(partner), helpers);
  try {
    await deps.writer.send({ ...letter, attachments: photos.attached });
  } catch (error) {
    const final = refusesForGood(error) || helpers.job.attempts >= LAST_ATTEMPT;
    if (!final) throw error;
    return giveBack(deps, subject, UNREACHABLE(partner), helpers);
  }
  await recordTold(deps, subject.request, key, {
    to: { entity: partner.id, name: partner.fullName },
    sent: { letter: key, address: letter.to, photos: photos.attached.length, left: photos.left },
  });
  return true;
}

const NO_ADDRESS = (partner: Entity): Bilingual => ({
  fr: `${partner.fullName} n'a pas d'adresse électronique : la demande n'a pas pu lui être envoyée`,
  en: `${partner.fullName} has no e-mail address: the request could not be sent to it`,
});

const UNREACHABLE = (partner: Entity): Bilingual => ({
  fr: `le mail à ${partner.fullName} n'a pas pu être remis`,
  en: `the e-mail to ${partner.fullName} could not be delivered`,
});

async function giveBack(
  deps: TaskDeps,
  subject: LetterSubject,
  why: Bilingual,
  helpers: JobHelpers,
): Promise<false> {
  const returned = await returnToTriage(deps, subject, why);
  if (returned) await tellFirstRecipients(deps, returned, jobKey(helpers), "triage", helpers);
  return false;
}

interface Photos {
  attached: LetterAttachment[];
  /** How many a mail can't hold. */
  left: number;
}

/** The photos as they were drawn again at their upload, as many as a mail may hold. */
async function photosOf(deps: TaskDeps, request: Request): Promise<Photos> {
  return deps.workerDb.within({ entities: deps.config.hostedIds }, async (trx) => {
    const attached: LetterAttachment[] = [];
    let [room, left] = [PHOTOS_AT_MOST, 0];
    for (const { id, size } of await listRequestFiles(trx, request.id)) {
      const file = size <= room ? await findFile(trx, id, { requestId: request.id }) : undefined;
      if (!file) left += 1;
      else {
        room -= size;
        const name = `photo-${attached.length + 1}.jpg`;
        attached.push({ name, mediaType: file.mediaType, bytes: file.bytes });
      }
    }
    return { attached, left };
  });
}

function factsOf(deps: TaskDeps, { request, procedure }: LetterSubject, { attached, left }: Photos) {
  const say = (key: string, params?: Record<string, string | number>) =>
    deps.renderer.translate("fr", `letters.${key}`, params);
  const facts = describeAnswers(
    procedure,
    answersNow(procedure, request),
    "fr",
    (code) => deps.territory.findByCode(code)?.name,
  )
    .filter(
      ({ kind, lines }) => kind !== "photos" && kind !== "email" && kind !== "phone" && lines.length > 0,
    )
    .map(({ label, lines }) => ({ term: label, text: lines.join(", ") }));
  const contact = [request.contact?.name, request.contact?.email, request.contact?.phone]
    .filter(Boolean)
    .join(", ");
  const owner = deps.territory.getById(request.entity);
  const where = owner.contact.email ?? owner.contact.phone ?? owner.fullName;
  const photos = [
    ...(attached.length > 0 ? [say("partner.photos", { count: attached.length })] : []),
    ...(left > 0 ? [say("partner.photos-left", { count: left, where })] : []),
  ];
  return [
    ...facts,
    ...(photos.length > 0 ? [{ term: say("fact.photos"), text: photos.join(" ") }] : []),
    ...(contact ? [{ term: say("fact.contact"), text: contact }] : []),
  ];
}

/** Says in the timeline that it has left, once however often the job runs. */
async function recordTold(
  deps: TaskDeps,
  request: Request,
  key: string,
  details: Parameters<typeof timelineEntry>[0]["details"] & object,
): Promise<void> {
  await deps.workerDb.within({ entities: deps.config.hostedIds }, async (trx) => {
    const told = (await listTimeline(trx, request.id)).some((entry) => entry.details.sent?.letter === key);
    if (!told)
      await addEntries(trx, request, [
        timelineEntry({ kind: "partner-told", visibility: "status", details }),
      ]);
  });
}
