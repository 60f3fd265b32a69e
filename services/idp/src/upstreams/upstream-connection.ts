import { serviceFetch } from "@interco/platform/http-client";
import * as openid from "openid-client";
import { type Claims, type Upstream, UpstreamRefusal } from "./upstream.ts";

/** How long somebody who pressed a button waits for an upstream that is down, at each call. */
const TIMEOUT_SECONDS = 5;
const KEPT_MS = 60 * 60_000;
/** An upstream that is down is asked again this often, however many people press its button. */
const FAILURE_KEPT_MS = 5_000;
/** Between its clock and ours. */
const CLOCK_SECONDS = 10;

interface Kept {
  metadata: Promise<openid.ServerMetadata>;
  until: number;
}

/** What an answer is checked against, beside the upstream's own metadata. */
export interface Checks {
  state: string;
  nonce: string;
  verifier: string;
}

/**
 * Speaks to upstreams, by openid-client. Nothing is asked of one before somebody presses its button: an upstream that is
 * down, even when this service starts, costs that button a page that says so and nothing else.
 */
export class UpstreamConnection {
  readonly #development: boolean;
  readonly #kept = new Map<string, Kept>();
  readonly #configurations = new WeakMap<openid.ServerMetadata, Map<string, openid.Configuration>>();

  constructor(development: boolean) {
    this.#development = development;
  }

  /**
   * Where somebody is sent.
   *
   * @throws UpstreamRefusal `down`
   */
  async authorizationUrl(
    upstream: Upstream,
    entity: string,
    redirectUri: string,
    { state, nonce, verifier, again }: Checks & { again: boolean },
  ): Promise<URL> {
    const configuration = await this.#configuration(upstream, entity);
    return openid.buildAuthorizationUrl(configuration, {
      ...upstream.profile.parameters,
      response_type: "code",
      redirect_uri: redirectUri,
      state,
      nonce,
      // All three documentations know it: whoever is signed in there shows again who they are.
      ...(again ? { prompt: "login" } : {}),
      ...(upstream.profile.pkce
        ? {
            code_challenge: await openid.calculatePKCECodeChallenge(verifier),
            code_challenge_method: "S256",
          }
        : {}),
    });
  }

  /**
   * Exchanges the code of an answer and reads who it is. Checked on the way: `iss` where the upstream says that it sends it
   * (RFC 9207), state, the ID token's signature, issuer, audience, times and nonce, userinfo's signature where it must have one,
   * and that both are of the same subject.
   *
   * @throws UpstreamRefusal `cancelled`, `down` or `refused`
   */
  async read(
    upstream: Upstream,
    entity: string,
    answer: URL,
    checks: Checks,
  ): Promise<Claims & { rawIdToken: string }> {
    const configuration = await this.#configuration(upstream, entity);
    try {
      const tokens = await openid.authorizationCodeGrant(configuration, answer, {
        expectedState: checks.state,
        expectedNonce: checks.nonce,
        idTokenExpected: true,
        ...(upstream.profile.pkce ? { pkceCodeVerifier: checks.verifier } : {}),
      });
      const idToken = tokens.claims();
      if (!idToken || !tokens.id_token) throw new UpstreamRefusal("refused", "there is no ID token");
      const userinfo = await openid.fetchUserInfo(configuration, tokens.access_token, idToken.sub);
      return { idToken, userinfo, rawIdToken: tokens.id_token };
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Where somebody is signed out too; undefined where the upstream offers no such address. */
  async logoutUrl(
    upstream: Upstream,
    entity: string,
    parameters: Record<string, string>,
  ): Promise<URL | undefined> {
    const configuration = await this.#configuration(upstream, entity);
    const { end_session_endpoint: endpoint } = configuration.serverMetadata();
    if (!endpoint) return undefined;
    // Not openid-client's own: it adds a client_id, which neither State service documents.
    const url = new URL(endpoint);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url;
  }

  async #configuration(upstream: Upstream, entity: string): Promise<openid.Configuration> {
    const client = upstream.clients.get(entity);
    if (!client) throw new UpstreamRefusal("refused", "the entity has no client there");
    const metadata = await this.#metadata(upstream);
    let known = this.#configurations.get(metadata);
    if (!known) {
      known = new Map();
      this.#configurations.set(metadata, known);
    }
    let configuration = known.get(client.clientId);
    if (!configuration) {
      configuration = new openid.Configuration(
        metadata,
        client.clientId,
        {
          id_token_signed_response_alg: upstream.signingAlg,
          ...(upstream.profile.signedUserinfo ? { userinfo_signed_response_alg: upstream.signingAlg } : {}),
          [openid.clockTolerance]: CLOCK_SECONDS,
        },
        client.authMethod === "client_secret_post"
          ? openid.ClientSecretPost(client.clientSecret)
          : openid.ClientSecretBasic(client.clientSecret),
      );
      configuration.timeout = TIMEOUT_SECONDS;
      configuration[openid.customFetch] = serviceFetch as unknown as openid.CustomFetch;
      // Signatures are verified though the tokens came straight from the upstream: TLS may end before it.
      openid.enableNonRepudiationChecks(configuration);
      if (this.#development) openid.allowInsecureRequests(configuration);
      known.set(client.clientId, configuration);
    }
    return configuration;
  }

  #metadata({ id, issuer }: Upstream): Promise<openid.ServerMetadata> {
    const kept = this.#kept.get(id);
    if (kept && kept.until > Date.now()) return kept.metadata;
    const found: Kept = {
      until: Date.now() + KEPT_MS,
      metadata: openid
        .discovery(new URL(issuer), "discovery", undefined, openid.None(), {
          timeout: TIMEOUT_SECONDS,
          [openid.customFetch]: serviceFetch as unknown as openid.CustomFetch,
          ...(this.#development ? { execute: [openid.allowInsecureRequests] } : {}),
        })
        .then((configuration) => configuration.serverMetadata())
        .catch((cause) => {
          found.until = Date.now() + FAILURE_KEPT_MS;
          throw new UpstreamRefusal("down", "its discovery document can't be read", { cause });
        }),
    };
    this.#kept.set(id, found);
    return found.metadata;
  }
}

const CANCELLED = new Set(["access_denied", "login_required", "interaction_required", "consent_required"]);

function refusalOf(error: unknown): UpstreamRefusal {
  if (error instanceof UpstreamRefusal) return error;
  if (error instanceof openid.AuthorizationResponseError) {
    // What it says is the upstream's, or of whoever wrote the address: a word of the protocol at most is kept.
    const said = /^[a-z_]{1,40}$/.test(error.error) ? error.error : "an error";
    const unavailable = said === "temporarily_unavailable" || said === "server_error";
    const kind = CANCELLED.has(said) ? "cancelled" : unavailable ? "down" : "refused";
    return new UpstreamRefusal(kind, `it answered ${said}`);
  }
  const { code, status, cause } = error as { code?: string; status?: number; cause?: { status?: number } };
  const failed =
    code === "OAUTH_TIMEOUT" || error instanceof TypeError || (status ?? cause?.status ?? 0) >= 500;
  const reason = error instanceof Error ? error.message : String(error);
  return new UpstreamRefusal(failed ? "down" : "refused", reason, { cause: error });
}
