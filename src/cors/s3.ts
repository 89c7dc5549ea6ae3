import { PREFLIGHT_VARY } from './names.ts';
import { isMethod } from './rule.ts';
import {
  error,
  lacks,
  NOT_ENABLED,
  NOT_FOUND,
  notAllowed,
  type Refusal,
  type Refused,
  type Resource,
  type Traits,
} from './traits.ts';

/** Amazon S3 and compatible stores. */
export const S3: Traits = {
  objections: [
    'origin_missing',
    'rules_unavailable',
    'no_rules',
    'method_missing',
    'method_not_allowed',
    'origin_not_allowed',
  ],
  allowsCredentials: true,
  heedsRequestHeaders: true,
  storeVary: (hasRule) => (hasRule ? PREFLIGHT_VARY : []),
  refuse,
  requestIdHeader: 'x-amz-request-id',
  credentialNames: { id: 'AWS_ACCESS_KEY_ID', secret: 'AWS_SECRET_ACCESS_KEY', token: 'AWS_SESSION_TOKEN' },
};

const NOT_ALLOWED = notAllowed('Access-Control-Request-Headers');

function refuse({ reason, bucketMissing, requestMethod, resource }: Refused): Refusal {
  if (reason === 'origin_missing') return error(400, 'BadRequest', lacks('Origin request'));
  if (bucketMissing) return about(requestMethod, 'BUCKET', NOT_FOUND);
  if (reason === 'no_rules') return about(requestMethod, 'BUCKET', NOT_ENABLED);
  if (!requestMethod || !isMethod(requestMethod)) {
    return error(400, 'BadRequest', `Invalid Access-Control-Request-Method: ${requestMethod || 'null'}`);
  }
  return about(requestMethod, resource, NOT_ALLOWED);
}

const about = (method: string | null, resource: Resource, message: string): Refusal => ({
  ...error(403, 'AccessForbidden', message),
  details: [
    ['Method', method || 'OPTIONS'],
    ['ResourceType', resource],
  ],
});
