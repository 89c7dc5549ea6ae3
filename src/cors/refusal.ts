import type { CompiledRules } from './compile.ts';
import type { Decision, Facts } from './decide.ts';
import { isMethod } from './rule.ts';

/** How one family of stores answers. */
export type Dialect = 'oss' | 's3';
export const DIALECTS: readonly Dialect[] = ['oss', 's3'];

/** What a preflight asked about: a key, or the bucket itself. */
export type Resource = 'OBJECT' | 'BUCKET';

/** What a target asks about: `/`, with or without a query, is the bucket. */
export const resourceOf = (target: string): Resource => (/^\/?(\?|$)/.test(target) ? 'BUCKET' : 'OBJECT');

/** The body of a refusal, before it becomes XML. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Elements between Message and the request id, name and text. */
  readonly details: readonly (readonly [name: string, text: string])[];
  /** Elements that OSS puts last. Second-hand values; the vendor may change them. */
  readonly trailer: readonly (readonly [name: string, text: string])[];
}

const NOT_ENABLED = 'CORSResponse: CORS is not enabled for this bucket.';
const NOT_FOUND = 'CORSResponse: Bucket not found';
// "evalution" and OSS's "Requet" are the stores' own spelling (test/fixtures/vectors.json).
const notAllowed = (headers: string) =>
  'CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, ' +
  `request method / Access-Control-Request-Method or ${headers} are not whitelisted by the resource's CORS spec.`;
const OSS_NOT_ALLOWED = notAllowed('Access-Control-Requet-Headers');
const S3_NOT_ALLOWED = notAllowed('Access-Control-Request-Headers');
const UNAVAILABLE =
  "The bucket's CORS rules could not be read yet, so this preflight can be neither allowed nor refused.";
const lacks = (header: string) => `Insufficient information. ${header} header needed.`;

/**
 * What a store says to a preflight it does not let through (semantics.md §3, the second table).
 * Null when the decision is no refusal.
 */
export function refusal(
  rules: CompiledRules,
  decision: Decision,
  facts: Facts,
  resource: Resource,
): Refusal | null {
  if (decision.kind !== 'preflight' || decision.reason === 'matched') return null;
  if (decision.reason === 'rules_unavailable') return error(503, 'ServiceUnavailable', UNAVAILABLE);
  if (decision.reason === 'origin_missing') {
    return withEc(rules, error(400, 'BadRequest', lacks('Origin request')), '0034-00000101');
  }
  return rules.behaviour.dialect === 'oss'
    ? ossRefusal(rules, decision)
    : s3Refusal(rules, decision, facts.requestMethod, resource);
}

function ossRefusal(rules: CompiledRules, { reason }: Decision): Refusal {
  if (reason === 'method_missing') {
    const message = lacks('Request Access-Control-Request-Method');
    return withEc(rules, error(400, 'BadRequest', message), '0034-00000102');
  }
  if (rules.state === 'missing') return error(403, 'AccessForbidden', NOT_FOUND);
  return reason === 'no_rules'
    ? withEc(rules, error(403, 'AccessForbidden', NOT_ENABLED), '0003-00000601')
    : withEc(rules, error(403, 'AccessForbidden', OSS_NOT_ALLOWED), '0003-00000602');
}

function s3Refusal(
  rules: CompiledRules,
  decision: Decision,
  method: string | null,
  resource: Resource,
): Refusal {
  const about = (message: string, type: Resource): Refusal => ({
    ...error(403, 'AccessForbidden', message),
    details: [
      ['Method', method || 'OPTIONS'],
      ['ResourceType', type],
    ],
  });
  if (rules.state === 'missing') return about(NOT_FOUND, 'BUCKET');
  if (decision.reason === 'no_rules') return about(NOT_ENABLED, 'BUCKET');
  if (!method || !isMethod(method)) {
    return error(400, 'BadRequest', `Invalid Access-Control-Request-Method: ${method || 'null'}`);
  }
  return about(S3_NOT_ALLOWED, resource);
}

const error = (status: number, code: string, message: string): Refusal => ({
  status,
  code,
  message,
  details: [],
  trailer: [],
});

const withEc = (rules: CompiledRules, refused: Refusal, ec: string): Refusal =>
  rules.behaviour.dialect === 'oss' ? { ...refused, trailer: [['EC', ec]] } : refused;
