import { tokenFault } from '../admin/token.ts';
import { type Parsed, parseSwitch } from '../config/values.ts';
import { firstSet, type Variables, withPrefix } from '../config/variables.ts';
import { wrapping } from '../config/wrapping.ts';
import type { Fault } from '../document/fault.ts';

/** An option that only Workers have. All others are those of Node, with the same names. */
interface WorkerOption<T> {
  readonly variable: string;
  /** As an operator would write it; null: no default. */
  readonly default: string | null;
  readonly example: string;
  readonly about: string;
  /** No message shows the value. */
  readonly secret?: true;
  readonly parse: (text: string) => Parsed<T>;
}

const option = <T>(given: WorkerOption<T>): WorkerOption<T> => given;

export const WORKER_OPTIONS = {
  adminToken: option({
    variable: 'ADMIN_TOKEN',
    default: null,
    example: 'a long random text',
    about: 'A secret: the bearer token of the admin endpoints. Without it they do not exist.',
    secret: true,
    parse: (text): Parsed<string> => tokenFault(text) ?? { value: text },
  }),
  adminPath: option({
    variable: 'ADMIN_PATH',
    default: '/.well-known/bucket-cors',
    example: '/.well-known/edge-7f3a',
    about: 'The path of the admin endpoints, before the paths of all buckets.',
    parse: (text): Parsed<string> =>
      /^(\/[\w.~-]+)+$/.test(text) && !/\/\.{1,2}(\/|$)/.test(text)
        ? { value: text }
        : { reason: 'is not a path prefix', write: '/.well-known/bucket-cors, without a slash at its end' },
  }),
  passCfHeaders: option({
    variable: 'PASS_CF_HEADERS',
    default: 'false',
    example: 'true',
    about:
      'Let the headers that Cloudflare adds (`CF-Connecting-IP`, `CF-Ray`, `True-Client-IP`, `CDN-Loop` …) go to the bucket.',
    parse: parseSwitch,
  }),
} as const;

export interface WorkerConfig {
  readonly adminToken: string | null;
  readonly adminPath: string;
  readonly passCfHeaders: boolean;
}

/** The longer names of these options, which take precedence. */
export const ownVariables: readonly string[] = Object.values(WORKER_OPTIONS).map(({ variable }) =>
  withPrefix(variable),
);

/** Reads the options that only Workers have, and adds their faults. An empty variable counts as unset. */
export function readWorkerOptions(variables: Variables, faults: Fault[]): WorkerConfig {
  const read = <T>({ variable, secret, parse, ...about }: WorkerOption<T>): T | null => {
    const found = firstSet([withPrefix(variable), variable], variables);
    const text = found?.text ?? about.default;
    if (text === null) return null;
    const place = found?.place ?? variable;
    const wrapped = wrapping(text);
    const parsed = parse(text);
    if (wrapped !== null) {
      faults.push({ place, reason: wrapped.reason, write: secret ? 'it without them' : wrapped.bare });
    } else if ('value' in parsed) return parsed.value;
    else faults.push({ place, ...(secret ? {} : { value: text }), ...parsed });
    return null;
  };
  return {
    adminToken: read(WORKER_OPTIONS.adminToken),
    adminPath: read(WORKER_OPTIONS.adminPath) ?? '',
    passCfHeaders: read(WORKER_OPTIONS.passCfHeaders) ?? false,
  };
}
