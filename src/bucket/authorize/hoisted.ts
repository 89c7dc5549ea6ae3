import { cut, decode, headerMap, parametersOf } from '../sign/canonical.ts';
import type { BucketRequest } from '../transport.ts';

/** A request whose headers are where stores look for them, or why it is refused. */
export type Unhoisted =
  | { readonly ok: true; readonly value: BucketRequest }
  | { readonly ok: false; readonly message: string };

const PREFIX = 'x-amz-';
const ALGORITHM = 'x-amz-sdk-checksum-algorithm';
// https://www.rfc-editor.org/rfc/rfc9110.html#section-5.1
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
// https://www.rfc-editor.org/rfc/rfc9110.html#section-5.5
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * SDKs move `x-amz-acl`, `x-amz-meta-…` and other headers into the URL that they sign. Besides a signature in headers many
 * stores ignore such parameters, so an object would lose what its writer has signed. A checksum that the SDK has computed
 * by itself stays in the URL: it is of the empty body at the time of signing, and as a header it would refuse every other.
 */
export function unhoisted(request: BucketRequest): Unhoisted {
  const { path, query = '' } = cut(request.target);
  const present = new Set(headerMap(request.headers).keys());
  const parameters = query.split('&').map(parameterOf);
  const own = ownChecksum(parameters);
  const rest: string[] = [];
  const moved: string[] = [];
  for (const { piece, name, value } of parameters) {
    if (!name.startsWith(PREFIX) || own.includes(name)) {
      rest.push(piece);
      continue;
    }
    if (!NAME.test(name) || !VALUE.test(value)) return fault('A parameter', 'cannot be a header', name);
    if (present.has(name)) return fault('The header or parameter', 'is repeated', name);
    present.add(name);
    moved.push(name, value);
  }
  if (moved.length === 0) return { ok: true, value: request };
  const target = rest.length === 0 ? path : `${path}?${rest.join('&')}`;
  return { ok: true, value: { ...request, target, headers: [...request.headers, ...moved] } };
}

interface Parameter {
  /** As the client wrote it. */
  readonly piece: string;
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

function parameterOf(piece: string): Parameter {
  const [[name, value] = ['', '']] = parametersOf(`?${piece}`);
  return { piece, name: decode(name).toLowerCase(), value: decode(value) };
}

/** The names of the parameters about a checksum that the SDK has computed by itself. */
const ownChecksum = (parameters: readonly Parameter[]): readonly string[] =>
  parameters
    .filter(({ name }) => name === ALGORITHM)
    .flatMap(({ value }) => [ALGORITHM, `x-amz-checksum-${value.toLowerCase()}`]);

const fault = (what: string, why: string, name: string): Unhoisted => ({
  ok: false,
  message: `${what} ${name.replace(/[^\x21-\x7e]/g, '?').slice(0, 64)} of the signed URL ${why}.`,
});
