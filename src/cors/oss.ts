import { ORIGIN_VARY } from './names.ts';
import {
  error,
  lacks,
  NOT_ENABLED,
  NOT_FOUND,
  notAllowed,
  type Refusal,
  type Refused,
  type Traits,
} from './traits.ts';

/** Alibaba Cloud OSS. */
export const OSS: Traits = {
  objections: ['origin_missing', 'method_missing', 'rules_unavailable', 'no_rules', 'origin_not_allowed'],
  allowsCredentials: false,
  heedsRequestHeaders: false,
  storeVary: (_, responseVary) => (responseVary ? ORIGIN_VARY : []),
  refuse,
  requestIdHeader: 'x-oss-request-id',
  credentialNames: { id: 'OSS_ACCESS_KEY_ID', secret: 'OSS_ACCESS_KEY_SECRET', token: 'OSS_SESSION_TOKEN' },
};

// "Requet" is OSS's own spelling (test/fixtures/vectors.json).
const NOT_ALLOWED = notAllowed('Access-Control-Requet-Headers');

function refuse({ reason, bucketMissing }: Refused): Refusal {
  if (reason === 'origin_missing') {
    return withEc('0034-00000101', error(400, 'BadRequest', lacks('Origin request')));
  }
  if (reason === 'method_missing') {
    const message = lacks('Request Access-Control-Request-Method');
    return withEc('0034-00000102', error(400, 'BadRequest', message));
  }
  if (bucketMissing) return error(403, 'AccessForbidden', NOT_FOUND);
  return reason === 'no_rules'
    ? withEc('0003-00000601', error(403, 'AccessForbidden', NOT_ENABLED))
    : withEc('0003-00000602', error(403, 'AccessForbidden', NOT_ALLOWED));
}

const withEc = (ec: string, refusal: Refusal): Refusal => ({ ...refusal, trailer: [['EC', ec]] });
