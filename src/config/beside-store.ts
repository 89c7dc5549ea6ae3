import type { Fault } from '../document/fault.ts';
import { OPTIONS, type OptionName, type ValueOf } from './options.ts';

interface Values {
  readonly keepHost: ValueOf<'keepHost'>;
  readonly objects: ValueOf<'objects'>;
}

interface Row {
  readonly option: keyof Values;
  readonly isSet: (values: Values) => boolean;
  readonly reason: string;
  readonly write: string;
}

const NEEDS_FILE: readonly Row[] = [
  {
    option: 'keepHost',
    isSet: ({ keepHost }) => keepHost,
    reason: 'would let a client name any other bucket of the store',
    write: 'a configuration file with "keepHost" and "hosts" under store',
  },
  {
    option: 'objects',
    isSet: ({ objects }) => objects === 'sign',
    reason: 'would let every client read every bucket of the store',
    write: 'a configuration file with "objects" and "allow" under store',
  },
];

/** What `--store-url` cannot have beside it: a bucket, which would not be served, and options that need a file. */
export function besideStore(
  values: Values,
  given: Partial<Record<OptionName, { readonly place: string }>>,
): Fault[] {
  const { storeUrl, bucket } = given;
  if (storeUrl === undefined) return [];
  const faults = NEEDS_FILE.filter(({ isSet }) => isSet(values)).map(({ option, reason, write }) => ({
    place: given[option]?.place ?? `--${OPTIONS[option].flag}`,
    reason,
    write,
  }));
  if (bucket === undefined) return faults;
  const write = 'one of them, or both in a configuration file, under store and buckets';
  return [...faults, { place: storeUrl.place, reason: `stands beside ${bucket.place}`, write }];
}
