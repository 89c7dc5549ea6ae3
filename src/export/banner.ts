import { type Behaviour, DIALECT_NAMES } from '../cors/behaviour.ts';
import { type CompiledRules, compileRules } from '../cors/compile.ts';
import type { RuleSet } from '../cors/rule.ts';
import { type Fields, isFields } from '../document/fields.ts';
import { readRuleSet } from '../document/read.ts';
import type { ExportFormat, ExportOptions } from './target.ts';

/** What an exported file says of its origin. */
export interface Banner {
  readonly target: string;
  readonly version: string;
  /** The rules that were given, not those that a narrower configuration enforces. */
  readonly rules: RuleSet;
  readonly behaviour: Behaviour;
  readonly format: ExportFormat;
  readonly allowNarrower: boolean;
  readonly bucketUrl: string | null;
  readonly name: string;
}

const MARK = 'bucket-cors-export:';
/** Characters of the record in one line. nginx takes no token, and no comment line, beyond 4,096, HAProxy none beyond 2,048. */
const LINE = 100;

/**
 * The comment at the head of an exported file: for a person, and as a record from which `readBanner` reads the rules back.
 * `comment` begins a comment line: `#`, `//`. `use` says where the file goes.
 */
export function bannerOf(
  target: string,
  rules: CompiledRules,
  { source, version, format, allowNarrower, bucketUrl, name }: ExportOptions,
  comment: '#' | '//',
  use: string,
): string {
  const { rules: compiled, responseVary, behaviour } = rules;
  const ruleSet: RuleSet = { rules: compiled.map(({ rule }) => rule), responseVary };
  const banner: Banner = {
    target,
    version,
    rules: ruleSet,
    behaviour,
    format,
    allowNarrower,
    bucketUrl,
    name,
  };
  // Editors remove blanks at the ends of lines.
  const record = JSON.stringify(banner)
    .replaceAll(' ', '\\u0020')
    .replace(/[^\x20-\x7e]/g, asEscape);
  const lines = [
    `Written by bucket-cors ${version} export ${target} from ${source.replace(/[^\x20-\x7e]/g, '?')}.`,
    use,
    `A change by hand is lost at the next export. The lines that begin with ${MARK} are for \`bucket-cors audit\`.`,
    ...(record.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []).map((part) => `${MARK} ${part}`),
  ];
  return `${lines.map((line) => `${comment} ${line}`).join('\n')}\n`;
}

const asEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Reads the record of an exported file; null if it has none, or if it was damaged. */
export function readBanner(text: string): Banner | null {
  const record = [...text.matchAll(/^(?:#|\/\/) bucket-cors-export: (.+?)\r?$/gm)]
    .map(([, part]) => part)
    .join('');
  if (record === '') return null;
  try {
    return bannerIn(JSON.parse(record));
  } catch {
    return null;
  }
}

/** A record that has all of its parts. Its rules are read as strictly as a document: anyone may have edited the file. */
function bannerIn(value: unknown): Banner | null {
  if (!isFields(value) || !isFields(value.rules)) return null;
  const { target, version, name, bucketUrl, format, allowNarrower } = value;
  const behaviour = behaviourIn(value.behaviour);
  const rules = ruleSetIn(value.rules);
  if (behaviour === null || rules === null) return null;
  if (typeof target !== 'string' || typeof version !== 'string') return null;
  if (typeof name !== 'string' || !/^\w+$/.test(name)) return null;
  if (bucketUrl !== null && typeof bucketUrl !== 'string') return null;
  if (format !== 'config' && format !== 'terraform') return null;
  if (typeof allowNarrower !== 'boolean') return null;
  return { target, version, rules, behaviour, format, allowNarrower, bucketUrl, name };
}

function ruleSetIn({ rules, responseVary }: Fields): RuleSet | null {
  if (!Array.isArray(rules) || typeof responseVary !== 'boolean') return null;
  if (rules.length === 0) return { rules: [], responseVary };
  const read = readRuleSet({ rules });
  return read.ok ? { ...read.ruleSet, responseVary } : null;
}

function behaviourIn(value: unknown): Behaviour | null {
  if (!isFields(value)) return null;
  const dialect = DIALECT_NAMES.find((name) => name === value.dialect);
  const { vary, dangerouslyAllowCredentials } = value;
  if (dialect === undefined || (vary !== 'safe' && vary !== 'store')) return null;
  return typeof dangerouslyAllowCredentials === 'boolean'
    ? { dialect, vary, dangerouslyAllowCredentials }
    : null;
}

/** The rules of a banner, ready to decide. */
export const rulesOfBanner = ({ rules, behaviour }: Banner): CompiledRules => compileRules(rules, behaviour);

/** An exported file without its banner, for comparison: line ends of this platform, no blanks at the end. */
export function withoutBanner(text: string): string {
  const lines = text.split(/\r?\n/);
  const last = lines.findLastIndex((line) => line.includes(MARK));
  return lines
    .slice(last + 1)
    .join('\n')
    .trimEnd();
}
