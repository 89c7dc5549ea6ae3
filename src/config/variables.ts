import { nearest } from '../document/nearest.ts';
import { OPTION_NAMES, OPTIONS, type OptionName } from './options.ts';
import type { GivenOptions } from './read.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

const PREFIX = 'BUCKET_CORS_';

/** A variable's name that other programs do not use. */
export const withPrefix = (variable: string): string => PREFIX + variable;

/** The prefixed variable of a flag: `BUCKET_CORS_MAX_STALE`. */
export const longName = (flag: string): string => withPrefix(flag.toUpperCase().replaceAll('-', '_'));

/** The names of an option's variable; the first one that is set wins. */
const namesOf = (name: OptionName): readonly string[] => [
  longName(OPTIONS[name].flag),
  OPTIONS[name].variable,
];

/** For a Service named `admin` Kubernetes sets `ADMIN_PORT` to an address such as `tcp://10.0.0.1:80`. */
const isService = (name: string, text: string): boolean =>
  /(?:^|_)PORT$/.test(name) && /^(?:tcp|udp|sctp):\/\//i.test(text);

/** The first variable that is set. An empty one, and one that Kubernetes sets for a Service, count as not set. */
export function firstSet(names: readonly string[], variables: Variables) {
  for (const place of names) {
    const text = variables[place];
    if (text !== undefined && text !== '' && !isService(place, text)) return { place, text };
  }
  return null;
}

/** Picks the options out of environment or Worker variables. */
export function fromVariables(variables: Variables): GivenOptions {
  const given: GivenOptions = {};
  for (const name of OPTION_NAMES) {
    const found = firstSet(namesOf(name), variables);
    if (found !== null) given[name] = found;
  }
  return given;
}

/** The other variables that Kubernetes sets for a Service whose name begins with bucket-cors. */
const OF_SERVICE =
  /_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/**
 * Warnings about variables that have the prefix or an option's name and are not read. `own`: further names with the
 * prefix that are read elsewhere.
 */
export function variableWarnings(variables: Variables, own: readonly string[] = []): readonly string[] {
  const known = OPTION_NAMES.flatMap(namesOf);
  const services = known
    .filter((name) => isService(name, variables[name] ?? ''))
    .map((name) => `${name} is not read: its value is the address of a Kubernetes Service, not a port`);
  const long = [...known, ...own].filter((name) => name.startsWith(PREFIX));
  const unknown = Object.keys(variables)
    .filter(
      (name) =>
        name.startsWith(PREFIX) && !long.includes(name) && !OF_SERVICE.test(name.slice(PREFIX.length - 1)),
    )
    .map((name) => `${name} is not read: there is no such variable${meant(name, long)}`);
  return [...services, ...unknown];
}

function meant(name: string, known: readonly string[]): string {
  const near = nearest(
    name.slice(PREFIX.length),
    known.map((one) => one.slice(PREFIX.length)),
  );
  return near === undefined ? '' : `; write ${PREFIX}${near}`;
}
