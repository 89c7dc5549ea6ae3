import type { Fault } from '../document/fault.ts';
import { OPTIONS, type Option, type OptionName } from './options.ts';
import type { BucketPlace } from './values.ts';

type ValueOf<N extends OptionName> = (typeof OPTIONS)[N] extends Option<infer T> ? T : never;

/** Every option's value; times in milliseconds. Without a bucket there is nothing to serve but the demo. */
export type Config = { readonly [N in Exclude<OptionName, 'bucket'>]: ValueOf<N> } & {
  readonly bucket: BucketPlace | null;
};

/** What somebody gave for an option, and where: `--port`, `PORT`. */
export interface Given {
  readonly place: string;
  readonly text: string;
}
export type GivenOptions = Partial<Record<OptionName, Given>>;

const NAMES = Object.keys(OPTIONS) as OptionName[];

/** Picks the options out of environment or Worker variables; an empty one counts as not set. */
export function fromVariables(variables: Readonly<Record<string, string | undefined>>): GivenOptions {
  const given: GivenOptions = {};
  for (const name of NAMES) {
    const place = OPTIONS[name].variable;
    const text = variables[place];
    if (text !== undefined && text !== '') given[name] = { place, text };
  }
  return given;
}

/** Checks all options at once: every fault there is, or a whole configuration (promise 6). */
export function readConfig(given: GivenOptions): { config: Config } | { faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of NAMES) {
    const option: Option<unknown> = OPTIONS[name];
    const text = given[name]?.text ?? option.default;
    const parsed = text === null ? { value: null } : option.parse(text);
    if ('value' in parsed) values[name] = parsed.value;
    else faults.push({ place: placeOf(given, name), ...shown(name, text ?? ''), ...parsed });
  }
  // Each value came out of its own option's parser; only the compiler can't follow it through the loop.
  const config = values as Config;
  faults.push(...contradictions(config, given));
  return faults.length > 0 ? { faults } : { config };
}

const placeOf = (given: GivenOptions, name: OptionName): string =>
  given[name]?.place ?? `--${OPTIONS[name].flag}`;

/** A whole document, and what may be secret in a URL, stay out of messages (promise 7). */
function shown(name: OptionName, text: string): { value?: string } {
  const value = withoutSecrets(text);
  return name === 'rules' || value === null ? {} : { value };
}

/** A text without its query, which may carry a signature; null for one that may carry a password. */
export const withoutSecrets = (text: string): string | null =>
  text.includes('@') ? null : text.replace(/\?.*$/s, '?…');

function contradictions(config: Config, given: GivenOptions): Fault[] {
  const faults: Fault[] = [];
  if (config.dangerouslyAllowCredentials && config.store === 's3') {
    faults.push({
      place: placeOf(given, 'dangerouslyAllowCredentials'),
      value: 'true',
      reason: 'has no meaning with store s3, which allows credentials by itself',
      write: 'nothing: leave it out',
    });
  }
  const sameHost = config.host === config.adminHost;
  if (sameHost && config.port !== undefined && config.port !== 0 && config.port === config.adminPort) {
    faults.push({
      place: placeOf(given, 'adminPort'),
      value: String(config.adminPort),
      reason: 'is the port of the edge itself',
      write: 'another port: admin is never served on the public one',
    });
  }
  return faults;
}
