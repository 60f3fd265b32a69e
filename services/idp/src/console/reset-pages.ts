import type { App } from "@interco/platform/http";
import { Type } from "typebox";
import type { ConsoleParts } from "./console-page.ts";
import { CONSOLE, Csrf, consoleDesk, type Desk } from "./console-page.ts";
import type { PendingReset } from "./factor-reset-repository.ts";
import { confirmReset, endReset, mayConfirm, type ResetParts } from "./reset-factors.ts";

const Answer = Type.Object({
  id: Type.String({ format: "uuid" }),
  action: Type.Union([Type.Literal("confirmer"), Type.Literal("refuser")]),
  _csrf: Csrf,
});

/** Resets that wait for another administrator of the provider: those of accounts that no entity answers for. */
export function resetPages(app: App, parts: ConsoleParts & ResetParts): void {
  const { resets } = parts;
  const desk = consoleDesk(app, parts);

  desk.page("/reinitialisations", async (at) => {
    const waiting = await resets.forAdministrators();
    const { fait } = at.request.query as { fait?: string };
    const done = DONE.find((one) => one === fait);
    return at.show("resets", {
      resets: waiting.map((reset) => view(reset, at)),
      done: done ? at.say(`console.resets.done.${done}`) : null,
      tone: done === "trop-tard" ? "warn" : "ok",
    });
  });

  desk.form<{ id: string; action: "confirmer" | "refuser" }>(
    "/reinitialisations",
    { recent: true, body: Answer },
    async ({ reply, administrator }, { id, action }) => {
      const reset = await resets.find(id);
      const who = administrator.account;
      const open = reset?.way === "administrator" && mayConfirm(reset, who) ? reset : undefined;
      const done =
        open &&
        (action === "confirmer"
          ? await confirmReset(parts, open, who)
          : await endReset(parts, open, "refused", who.id));
      return reply.redirect(`${CONSOLE}/reinitialisations?fait=${done ? action : "trop-tard"}`, 303);
    },
  );
}

const DONE = ["confirmer", "refuser", "trop-tard"] as const;

function view(reset: PendingReset, { administrator }: Desk) {
  return {
    id: reset.id,
    name: `${reset.givenName} ${reset.familyName}`,
    email: reset.email,
    asker: reset.askedByName,
    reason: reset.reason,
    expiresAt: reset.expiresAt,
    mine: mayConfirm(reset, administrator.account),
  };
}
