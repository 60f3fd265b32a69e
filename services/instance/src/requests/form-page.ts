import type { FastifyRequest } from "fastify";
import type { Deps } from "../deps.ts";
import { citizenOf, siteOf } from "../request-context.ts";
import { asOneself } from "../sign-in/as-oneself.ts";
import { CHECK_PAGE, DONE_PAGE, type Form, formPath, type Reading, readForm, SEND_PAGE } from "./form.ts";

/** The form as it stands, read for the person who asks. */
export function readFor(deps: Deps, request: FastifyRequest, form: Form): Reading {
  return readForm(form, { site: siteOf(request).entity, territory: deps.territory, lang: request.lang });
}

/** Where a form sends somebody who can't fill it now: it has been sent, or they must sign in first and come back to it. */
export function leaves(request: FastifyRequest, form: Form): string | null {
  if (form.draft.requestId) return formPath(form, DONE_PAGE);
  if (form.procedure.definition.audience !== "signed-in" || form.draft.filedFor || citizenOf(request))
    return null;
  const [here = "/"] = request.url.split("?");
  const back = here.endsWith(`/${SEND_PAGE}`) ? formPath(form, CHECK_PAGE) : here;
  return asOneself(back);
}
