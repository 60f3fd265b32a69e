import { registerApi } from "./api/api-routes.ts";
import { registerBackoffice } from "./backoffice/backoffice-routes.ts";
import type { App, Deps } from "./deps.ts";
import { registerProcedures } from "./procedures/procedure-routes.ts";
import { registerFollowedRequest } from "./requests/follow-page-routes.ts";
import { registerFollowing } from "./requests/follow-routes.ts";
import { registerConfirmation } from "./requests/form-done-routes.ts";
import { registerForms } from "./requests/form-routes.ts";
import { registerSending } from "./requests/form-send-routes.ts";
import { registerMyRequests } from "./requests/my-requests-routes.ts";
import { registerSettled } from "./requests/settled-routes.ts";
import { registerRemoteSignOut } from "./sign-in/remote-sign-out-routes.ts";
import { registerSignIn } from "./sign-in/sign-in-routes.ts";
import { registerSignOut } from "./sign-in/sign-out-routes.ts";
import { registerLegalPages } from "./sites/legal-routes.ts";
import { registerPortal } from "./sites/portal-routes.ts";
import { registerSites } from "./sites/sites-routes.ts";

/** What an instance offers over HTTP, feature by feature. */
export const FEATURES: readonly ((app: App, deps: Deps) => void | Promise<void>)[] = [
  registerSites,
  registerApi,
  registerSignIn,
  registerSignOut,
  registerRemoteSignOut,
  registerPortal,
  registerLegalPages,
  registerProcedures,
  registerForms,
  registerSending,
  registerConfirmation,
  registerFollowing,
  registerFollowedRequest,
  registerSettled,
  registerMyRequests,
  registerBackoffice,
];
