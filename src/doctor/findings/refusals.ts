import { ALLOW_ORIGIN } from '../../cors/names.ts';
import { type Case, preflightFacts } from '../case.ts';
import { evidenceOf } from '../evidence.ts';
import { byRules, frontFault } from '../fault.ts';
import type { Found, Kind } from '../finding.ts';
import { type Answered, isRedirect } from '../transcript.ts';
import { storeCode } from './actual.ts';

export const NEVER_SENT = 'The browser never sends the request.';

export const isOk = ({ received }: Answered): boolean => received.status >= 200 && received.status <= 299;

export const REFUSALS = {
  preflight_refused_by_rules: {
    severity: 'error',
    title: 'The rules of the bucket refuse the preflight',
    meaning: `The store knows preflights and has no rule that allows this one. ${NEVER_SENT}`,
    cure: 'Add a rule that lists the origin, the method and every requested header, or complete the one that almost does: explain names it.',
    topic: 'preflight',
    find: (one) => {
      const preflight = refused(one);
      if (preflight === null || !isStoresRefusal(preflight)) return null;
      return {
        evidence: [evidenceOf(preflight, [ALLOW_ORIGIN], ['content-type'])],
        fault: byRules(one, preflightFacts(one)) ?? OF_RULES,
        detail: statusDetail(preflight),
      };
    },
  },
  preflight_refused: {
    severity: 'error',
    title: 'The preflight is answered with an error',
    meaning: `A preflight passes only with a status from 200 to 299. ${NEVER_SENT}`,
    cure: 'Answer OPTIONS before any check of signatures, cookies or tokens: preflights never have them. bucket-cors answers preflights by the rules of the bucket, before anything else.',
    topic: 'preflight',
    find: (one) => {
      const preflight = refused(one);
      if (preflight === null || isStoresRefusal(preflight)) return null;
      return {
        evidence: [evidenceOf(preflight, [ALLOW_ORIGIN], ['www-authenticate', 'allow', 'content-type'])],
        fault:
          byRules(one, preflightFacts(one)) ??
          frontFault(one, 'It answers OPTIONS itself, or passes it on as any request'),
        detail: statusDetail(preflight),
      };
    },
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** The answer to the preflight if it is an error, twice; null for a redirect. */
function refused(one: Case): Answered | null {
  const [preflight, again] = [one.at('preflight'), one.at('preflight_again')];
  if (preflight === null || isOk(preflight) || isRedirect(preflight)) return null;
  return again !== null && isOk(again) ? null : preflight;
}

/** The errors with which stores, and this edge, refuse a preflight by the rules (semantics.md §3). */
const isStoresRefusal = ({ received: { status, body } }: Answered): boolean =>
  (status === 403 && body.includes('CORSResponse')) || (status === 400 && INVALID_METHOD.test(body));

const INVALID_METHOD = /Invalid Access-Control-Request-Method/;

const OF_RULES: Found['fault'] = {
  of: 'rules',
  name: "the bucket's rules",
  because: 'The error is the one with which a store refuses a preflight by its rules.',
};

/** The reason that this edge writes into the error, such as `origin_not_allowed`; stores write none. */
function reasonText(body: string): string {
  const reason = /<Reason>([a-z_]{1,40})<\/Reason>/.exec(body)?.[1];
  return reason === undefined ? '' : `: ${reason}`;
}

/** What the status says. */
function statusDetail(preflight: Answered): string {
  const { status, body } = preflight.received;
  const code = storeCode(preflight);
  if (/CORSResponse: CORS is not enabled/.test(body)) return 'The bucket has no CORS rules.';
  if (/CORSResponse: This CORS request is not allowed/.test(body))
    return `No rule of the bucket allows the preflight${reasonText(body)}.`;
  if (/CORSResponse: Bucket not found/.test(body)) return 'The store knows no bucket of this name.';
  if (/CORSResponse/.test(body) || code === 'AccessForbidden')
    return `The store refuses the preflight (${code}).`;
  if (INVALID_METHOD.test(body)) return 'A rule can list GET, PUT, POST, DELETE and HEAD only, in capitals.';
  if (status === 401 || status === 407) return 'The server asks for a login, and a preflight never has one.';
  if (status === 403)
    return `The server forbids OPTIONS${code === null ? '' : ` (${code})`}: a signature, a token or a firewall is checked before CORS.`;
  if (status === 404)
    return 'The server looks for the object before CORS: a store answers the preflight of a missing object too.';
  if (status === 405 || status === 501) return 'The server does not know the method OPTIONS.';
  if (status === 400)
    return `The server takes the preflight for a bad request${code === null ? '' : ` (${code})`}.`;
  if (status >= 500) return `The server fails (${status}).`;
  return `The status is ${status}.`;
}
