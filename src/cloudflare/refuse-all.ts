import { DEFAULT_DIALECT, DIALECTS } from '../cors/behaviour.ts';
import { ERRORS, errorXml } from '../edge/errors.ts';
import { newRequestId } from '../edge/request-id.ts';
import { encode, toResponse } from './transport.ts';

/** Most faults in one response. */
const MAX_FAULTS = 20;

/** The response to every request while the configuration has faults: not cacheable, and without CORS headers. */
export function refuseAll(request: Request, lines: readonly string[]): Response {
  const { status, message } = ERRORS.ConfigurationInvalid;
  const requestId = newRequestId();
  const xml = errorXml({
    code: 'ConfigurationInvalid',
    message,
    reason: null,
    details: lines.slice(0, MAX_FAULTS).map((line) => ['Fault', line] as const),
    requestId,
    host: request.headers.get('Host') ?? '',
  });
  const body = encode(xml);
  const headers = [
    ...['Content-Type', 'application/xml', 'Content-Length', String(body.length)],
    ...['Cache-Control', 'no-store', 'Vary', 'Origin', DIALECTS[DEFAULT_DIALECT].requestIdHeader, requestId],
  ];
  return toResponse(status, headers, request.method === 'HEAD' ? null : body);
}
