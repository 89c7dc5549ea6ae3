import { storeRefusal } from '../../bucket/refusals.ts';
import type { Management } from '../bucket.ts';
import type { Routed } from '../context.ts';
import { refuse, refuseAsStore } from '../error-reply.ts';
import { asksForRules, mayAskForRules } from './asked.ts';
import { keepRules } from './keep.ts';

/**
 * Answers a request for the rules of a bucket whose `?cors` is not forwarded. Null: it is another request, or the bucket
 * answers it. A rejection is the edge's own error.
 */
export function manageRules(request: Routed): Response | Promise<Response> | null {
  const { management = PASS } = request.bucket;
  if (management.mode === 'pass') return null;
  if (!asksForRules(request)) return mayAskForRules(request) ? refuse(request, 'InvalidURI') : null;
  return management.mode === 'keep' ? keepRules(request, management) : refuseOff(request, management.write);
}

const PASS: Management = { mode: 'pass' };

function refuseOff(request: Routed, write: string): Response {
  const { dialect } = request.inForce.rules.behaviour;
  const message = `Clients do not change or read the CORS rules of this bucket through the edge; to turn it on, write ${write}.`;
  return refuseAsStore(request, storeRefusal(dialect, 'AccessDenied', message));
}
