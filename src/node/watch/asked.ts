import type { CompiledRules } from '../../cors/compile.ts';
import type { Compiled, Inexpressible } from '../../export/target.ts';
import type { RulesInForce } from '../../rules/in-force.ts';
import { messageOf } from '../system-error.ts';
import { keyOf } from './output.ts';
import type { Asked } from './watcher.ts';

/** The bucket whose rules are followed. */
export interface AskedBucket {
  readonly name: string;
  /** Writes rules for the target. */
  readonly compile: (rules: CompiledRules) => Compiled;
  /** Why the last load failed; null if it did not. */
  readonly cause: string | null;
}

/** What the rules in force ask of the file. An export that fails is refused: the old file stays. */
export function askedOf({ rules, version }: RulesInForce, { name, compile, cause }: AskedBucket): Asked {
  if (rules.state === 'unavailable') {
    const why = `the rules of ${name} are not in force${cause === null ? '' : `: ${cause}`}`;
    return { kind: 'unavailable', why };
  }
  if (rules.state === 'missing') return { kind: 'unavailable', why: `there is no bucket ${name}` };
  try {
    const compiled = compile(rules);
    if (!compiled.ok) return { kind: 'refused', why: compiled.refused.map(sentenceOf) };
    const { files } = compiled;
    return { kind: 'export', content: { key: keyOf(files.map(({ text }) => text)), version }, files };
  } catch (error) {
    return { kind: 'refused', why: [`the export failed: ${messageOf(error)}`] };
  }
}

/** `rules 2, 3: … Nearest: …`. */
const sentenceOf = ({ rules, what, nearest }: Inexpressible): string => {
  const place = rules.length === 0 ? '' : `${rules.length === 1 ? 'rule' : 'rules'} ${rules.join(', ')}: `;
  return `${place}${what} Nearest: ${nearest}`;
};
