import { type Behaviour, DIALECT_NAMES } from '../../cors/behaviour.ts';
import { type CompiledRules, compileRules } from '../../cors/compile.ts';
import type { RuleSet } from '../../cors/rule.ts';
import { faultText } from '../../document/fault.ts';
import { type Banner, readBanner } from '../../export/banner.ts';
import type { Deployed } from '../../export/deployed.ts';
import { outcomeOf } from '../../export/outcome.ts';
import type { Target } from '../../export/target.ts';
import type { Arguments, Terminal } from '../command.ts';
import { type ExportedRules, failed } from '../export/exported.ts';
import { openRules } from '../sources/open.ts';
import { type Given, rulesOf } from '../sources/open-all.ts';
import { isStoreKnown } from '../sources/opened.ts';
import { readDeployed } from './file.ts';

/** A configuration that was read back, and where it was read from. */
export interface ReadDeployed {
  readonly name: string;
  readonly path?: string;
  readonly deployed: Deployed;
  /** False if nothing names the store that it answers as. */
  readonly isStoreKnown: boolean;
  /** What an export says of itself; null for others. */
  readonly banner: Banner | null;
}

/** Reads the configuration of a target. Says on standard error why that is impossible. */
export async function openDeployed(
  target: Target,
  word: string,
  terminal: Terminal,
): Promise<Given<ReadDeployed>> {
  const file = await readDeployed(word, terminal);
  if (!file.ok) return failed(file.faults, terminal);
  const { text, ...named } = file.value;
  const read = target.read(text);
  if (!read.ok)
    return failed(
      read.faults.map((fault) =>
        faultText({ ...fault, place: fault.place === 'FILE' ? named.name : `${named.name}: ${fault.place}` }),
      ),
      terminal,
    );
  const banner = readBanner(text);
  return { ok: true, value: { ...named, deployed: read.value, isStoreKnown: banner !== null, banner } };
}

/** Flags that say where the bucket's own rules are. */
const OWN: readonly string[] = ['rules', 'config', 'bucket', 'admin', 'vary'];

/** Reads another bucket's rules as the deployed ones. */
export async function openCopy(
  args: Arguments,
  word: string,
  terminal: Terminal,
): Promise<Given<ReadDeployed>> {
  const value = (flag: string) => (OWN.includes(flag) ? null : args.value(flag));
  const opened = await openRules(word, { ...args, value }, terminal);
  if (!opened.ok) return failed(opened.faults, terminal);
  const { name, path, behaviour, storeBy } = opened.value;
  const rules = rulesOf(opened.value, terminal);
  if (!rules.ok) return rules;
  return {
    ok: true,
    value: {
      name,
      ...(path !== undefined && { path }),
      deployed: copyOf(rules.value, behaviour),
      isStoreKnown: isStoreKnown(storeBy),
      banner: null,
    },
  };
}

function copyOf(rules: RuleSet, given: Behaviour): Deployed {
  const behaviour: Behaviour = { ...given, vary: 'safe' };
  const compiled = compileRules(rules, behaviour);
  return {
    name: "another bucket's rules",
    rules,
    behaviour,
    isExact: true,
    answer: (request) => outcomeOf(compiled, request),
    isEdited: false,
    notes: [],
  };
}

/** The rules and the configuration, as one store answers. */
export interface Pair {
  readonly rules: CompiledRules;
  readonly deployed: Deployed;
}

/**
 * Both as the stores answer that they name. Where one of two rule sets names none, as that of the other; where neither
 * does, as every store: a difference may concern one of them only.
 */
export function pairsOf(
  source: ExportedRules,
  { deployed, isStoreKnown: isKnown }: ReadDeployed,
): readonly Pair[] {
  const { rules, responseVary, behaviour } = source.rules;
  const ruleSet: RuleSet = { rules: rules.map(({ rule }) => rule), responseVary };
  const pair = (own: Behaviour['dialect'], other: Behaviour['dialect']): Pair => ({
    rules: compileRules(ruleSet, { ...behaviour, vary: 'safe', dialect: own }),
    deployed:
      other === deployed.behaviour.dialect
        ? deployed
        : copyOf(deployed.rules, { ...deployed.behaviour, dialect: other }),
  });
  const [own, other] = [behaviour.dialect, deployed.behaviour.dialect];
  if (!deployed.isExact) return [pair(own, other)];
  if (source.isStoreKnown) return [pair(own, isKnown ? other : own)];
  return isKnown ? [pair(other, other)] : DIALECT_NAMES.map((dialect) => pair(dialect, dialect));
}
