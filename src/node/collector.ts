import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Kinds of V8's collections: of young objects; of all, with what it could make again. */
const KINDS = { young: { type: 'minor' }, all: { type: 'major', flavor: 'last-resort' } } as const;

/** Returns a function that makes V8 collect garbage at once. V8 exposes `gc` only to contexts that are made after the flag was set. */
export function openCollector(kind: keyof typeof KINDS): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  return typeof gc === 'function' ? () => gc(KINDS[kind]) : () => {};
}
