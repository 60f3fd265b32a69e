import type { Pool } from "pg";

/** Everything this service holds of a person but the journal, which has a reader of its own, and what is secret. */
const OWN_DATA = `select jsonb_build_object(
  'account', (select jsonb_build_object('id', a.id, 'kind', a.kind, 'email', a.email, 'emailVerified', a.email_verified,
      'givenName', a.given_name, 'familyName', a.family_name, 'agentId', a.agent_id, 'language', a.language,
      'createdAt', a.created_at, 'updatedAt', a.updated_at, 'lastSignInOn', a.signed_in_on,
      'deletionDueAt', a.deletion_due_at, 'inactivityWarnings', a.warned)
    from account a where a.id = $1),
  'password', (select jsonb_build_object('changedAt', p.changed_at) from password p where p.account_id = $1),
  'passkeys', (select coalesce(jsonb_agg(jsonb_build_object('name', k.name, 'addedAt', k.created_at, 'usedAt', k.used_at,
      'maybeOnSeveralDevices', k.syncable) order by k.created_at), '[]') from passkey k where k.account_id = $1),
  'authenticatorProgram', (select jsonb_build_object('addedAt', p.created_at, 'usedAt', p.used_at)
    from authenticator p where p.account_id = $1),
  'printedCodes', (select coalesce(jsonb_agg(jsonb_build_object('madeAt', c.created_at, 'usedAt', c.used_at)
      order by c.used_at nulls last), '[]') from printed_code c where c.account_id = $1),
  'passwordsAskedAnew', (select coalesce(jsonb_agg(jsonb_build_object('askedAt', r.created_at, 'usedAt', r.used_at)
      order by r.created_at), '[]') from recovery r where r.account_id = $1),
  'sessions', (select coalesce(jsonb_agg(jsonb_build_object('signedInAt', s.signed_in_at, 'expiresAt', s.expires_at,
      'sites', array(select jsonb_object_keys(coalesce(s.payload -> 'authorizations', '{}'))),
      'browser', d.browser, 'system', d.system, 'network', d.network) order by s.signed_in_at), '[]')
    from artifact s left join session_device d on d.session_uid = s.session_uid
    where s.kind = 'Session' and s.account_id = $1 and s.expires_at > now()),
  'emailChangeAsked', (select jsonb_build_object('email', c.email, 'askedAt', c.created_at, 'expiresAt', c.expires_at)
    from email_change c where c.account_id = $1),
  'changesTold', (select coalesce(jsonb_agg(jsonb_build_object('kind', t.kind, 'toldTo', t.told_to, 'toldAt', t.told_at,
      'formerEmail', t.former_email, 'undoneAt', t.used_at) order by t.told_at), '[]')
    from told_change t where t.account_id = $1),
  'registrations', (select coalesce(jsonb_agg(jsonb_build_object('email', r.email, 'givenName', r.given_name,
      'familyName', r.family_name, 'askedAt', r.created_at, 'usedAt', r.used_at) order by r.created_at), '[]')
    from registration r where r.account_id = $1),
  'entitiesWorkedFor', (select coalesce(jsonb_agg(jsonb_build_object('entity', w.client_id, 'email', w.email, 'saidAt', w.said_at,
      'endedAt', w.ended_at) order by w.created_at), '[]') from agent_access w where w.account_id = $1),
  'identitiesElsewhere', (select coalesce(jsonb_agg(jsonb_build_object('provider', u.upstream, 'entity', u.entity,
      'linkedAt', u.created_at, 'usedAt', u.used_at) order by u.created_at), '[]')
    from upstream_identity u where u.account_id = $1),
  'pivotIdentityKnownSince', (select v.created_at from pivot_identity v where v.account_id = $1),
  'answersToSites', (select coalesce(jsonb_agg(jsonb_build_object('site', c.client_id, 'accepted', c.accepted,
      'refused', c.refused, 'answeredAt', c.answered_at) order by c.answered_at), '[]')
    from consent c where c.account_id = $1),
  'administratorSince', (select d.named_at from administrator d where d.account_id = $1),
  'secondStepResets', (select coalesce(jsonb_agg(jsonb_build_object('reason', f.reason, 'askedAt', f.asked_at, 'outcome', f.outcome,
      'endedAt', f.ended_at) order by f.asked_at), '[]') from factor_reset f where f.account_id = $1),
  'mails', (select coalesce(jsonb_agg(jsonb_build_object('recipient', m.recipient, 'kind', m.kind, 'subject', m.subject,
      'writtenAt', m.created_at, 'sentAt', m.sent_at) order by m.created_at), '[]')
    from mail m where m.recipient = (select email from account where id = $1))) as data`;

export class OwnDataRepository {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async read(accountId: string): Promise<Record<string, unknown>> {
    const { rows } = await this.#pool.query<{ data: Record<string, unknown> }>(OWN_DATA, [accountId]);
    return rows[0]?.data ?? {};
  }
}
