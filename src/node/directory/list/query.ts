import type { Dialect } from '../../../cors/behaviour.ts';
import { PROTOCOLS } from '../protocol.ts';
import { refusal } from '../refusal.ts';
import type { PageQuery } from './page.ts';

/** What a client asks of a listing. */
export interface ListQuery extends PageQuery {
  readonly version: 1 | 2;
  /** As the client gave them; undefined: not given. */
  readonly marker: string | undefined;
  readonly token: string | undefined;
  readonly startAfter: string | undefined;
  readonly isEncoded: boolean;
  readonly withOwner: boolean;
}

const MOST = 1000;

function readMax(text: string | undefined, dialect: Dialect): number {
  if (text === undefined || text === '') return PROTOCOLS[dialect].pageSize;
  const max = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  const [least, most] = dialect === 'oss' ? [1, MOST] : [0, 2 ** 31 - 1];
  if (max >= least && max <= most) return Math.min(max, MOST);
  throw refusal('InvalidArgument', `Argument max-keys must be an integer between ${least} and ${most}.`);
}

/** The token that continues a listing after a key. Stores promise nothing of its form. */
export const tokenOf = (key: string): string => Buffer.from(key).toString('base64url');

function readToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString();
  if (key !== '' && tokenOf(key) === token) return key;
  throw refusal('InvalidArgument', 'The continuation token provided is incorrect.');
}

/** Reads the parameters of `GET /`. Throws a refusal for values that the store refuses. */
export function readListQuery(query: ReadonlyMap<string, string>, dialect: Dialect): ListQuery {
  const version = query.get('list-type') === '2' ? 2 : 1;
  const marker = query.get('marker');
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const encoding = query.get('encoding-type');
  if (encoding !== undefined && encoding !== '' && encoding !== 'url')
    throw refusal('InvalidArgument', 'Invalid Encoding Method specified in Request.');
  const afterV2 = token === undefined ? (startAfter ?? '') : readToken(token);
  return {
    version,
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    max: readMax(query.get('max-keys'), dialect),
    after: version === 2 ? afterV2 : (marker ?? ''),
    marker,
    token,
    startAfter,
    isEncoded: encoding === 'url',
    withOwner: version === 1 || query.get('fetch-owner') === 'true',
  };
}
