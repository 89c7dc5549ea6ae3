import { bucketKind } from './bucket.ts';
import { fileKind } from './file.ts';
import { inlineKind } from './inline.ts';
import type { KindRow } from './kind.ts';
import { kvKind } from './kv.ts';
import { urlKind } from './url.ts';

/** Every kind of source. The first row whose parser recognises the value of `--rules` reads it. */
export const RULES_KINDS = {
  bucket: bucketKind,
  inline: inlineKind,
  file: fileKind,
  kv: kvKind,
  url: urlKind,
} as const;

type Kinds = typeof RULES_KINDS;
type PlaceOf<K> = K extends KindRow<infer P> ? P : never;

/** Where an operator says that rules come from. */
export type RulesPlace = PlaceOf<Kinds[keyof Kinds]>;

/** True for the kinds whose rules come from this process's own file or option; false for a library user's own kind. */
export function isLocalKind(kind: string): boolean {
  const rows: Readonly<Record<string, { readonly local?: true }>> = RULES_KINDS;
  return Object.hasOwn(rows, kind) && rows[kind]?.local === true;
}

/** The row of a place. Every row takes places of its own kind only, which `place` has. */
export const kindOf = (place: RulesPlace): KindRow<RulesPlace> =>
  RULES_KINDS[place.kind] as KindRow<RulesPlace>;
