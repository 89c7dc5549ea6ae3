import type { Dialect } from '../../cors/behaviour.ts';
import type { CompiledRules } from '../../cors/compile.ts';
import { type StoreRefusal, storeRefusal } from '../refusals.ts';
import {
  cut,
  decode,
  hasManyParameters,
  headerMap,
  MAX_PARAMETERS,
  parametersOf,
} from '../sign/canonical.ts';
import { type ClientRequest, isSigned } from '../verify/verify.ts';
import { commandingHeader } from './headers.ts';
import { keyFault } from './key.ts';
import { selectingParameter } from './parameters.ts';

export interface ReadLimits {
  /** Whose words refusals use. */
  readonly dialect: Dialect;
  /** Only keys that begin like this are signed; empty: all. */
  readonly prefix: string;
  /** The rules in force. */
  readonly rules: CompiledRules;
}

/**
 * Whether the edge has to sign a request of a client without a key: a GET or HEAD. Other methods, and `?cors` of the
 * bucket, pass with the client's own authentication.
 */
export const isRead = ({ method, key }: ClientRequest): boolean =>
  (method === 'GET' || method === 'HEAD') && !isOfRules(key);

const isOfRules = (key: string): boolean =>
  cut(key).path === '/' && parametersOf(key).some(([name]) => decode(name) === 'cors');

/** Returns why the edge does not sign a read, or null. */
export function readFault(
  client: ClientRequest,
  { dialect, prefix, rules }: ReadLimits,
): StoreRefusal | null {
  const message =
    authenticationFault(client) ??
    methodFault(client.method, rules) ??
    keyFault(client.key, prefix) ??
    parameterFault(client.key) ??
    headerFault(client);
  return message === null ? null : storeRefusal(dialect, 'AccessDenied', message);
}

/** Dropping a client's signature would give it more than its key may read. */
const authenticationFault = (client: ClientRequest): string | null =>
  isSigned(client) || headerMap(client.headers).has('authorization')
    ? 'The edge signs reads of this bucket itself: send them without a signature and without an Authorization header.'
    : null;

/**
 * Rules that are unknown do not say that a method is excluded (promise 2): objects flow while the rules cannot be loaded,
 * and the prefix still limits what is signed. A bucket that does not exist says so itself.
 */
function methodFault(method: string, { state, rules }: CompiledRules): string | null {
  if (state !== 'known' || rules.some(({ methods }) => methods.has(method))) return null;
  return `No CORS rule in force lists ${method}, and the edge signs no other method: add a rule that lists it.`;
}

function parameterFault(key: string): string | null {
  if (hasManyParameters(key.replaceAll(';', '&')))
    return `The edge signs no request with more than ${MAX_PARAMETERS} query parameters.`;
  const name = selectingParameter(key);
  return name === null ? null : `The edge signs no request with the parameter ${shown(name)}.`;
}

function headerFault({ headers }: ClientRequest): string | null {
  const name = commandingHeader(headers);
  return name === null ? null : `The edge signs no request with the header ${shown(name)} of a client.`;
}

/** A name as long as a signature may be one. */
const shown = (name: string): string => (name.length > 64 ? `${name.slice(0, 24)}…` : name);
