import type { Behaviour } from '../cors/behaviour.ts';
import type { Source } from './source.ts';
import { isLocalKind } from './sources/kinds.ts';

/** A bucket as far as its rules are concerned. A changed configuration is a new object, even under the same name. */
export interface RuledBucket {
  readonly name: string;
  /**
   * Identifies the bucket's rules in the cache and in storage; the name by default. Two buckets of one name but with
   * different sources need different keys: one may replace the other in a process, or processes may share storage.
   */
  readonly key?: string;
  readonly source: Source;
  readonly behaviour: Behaviour;
  /** A client named it, in a store whose buckets are not listed: it may never have existed. */
  readonly ofStore?: true;
}

/** Suffix of the keys of buckets that exist on one machine only: a folder, or an address on loopback. */
const HERE = '@here';

export const keyOfHere = (key: string): string => key + HERE;

/** The key for storage that machines share: the machine's name is added to keys of buckets on one machine only. */
export const sharedKey = (key: string, machine: string): string =>
  key.endsWith(HERE) ? `${key}-${machine}` : key;

/** The inverse of `sharedKey`, for a key of this machine or of none. */
export function ownKey(shared: string, machine: string): string {
  const suffix = `${HERE}-${machine}`;
  return shared.endsWith(suffix) ? shared.slice(0, -machine.length - 1) : shared;
}

export const keyOf = ({ key, name }: RuledBucket): string => key ?? name;

/** True if the rules come from this process's own file or option: they are not stored, shared or taken from others. */
export const isLocal = ({ source }: RuledBucket): boolean => isLocalKind(source.kind);
