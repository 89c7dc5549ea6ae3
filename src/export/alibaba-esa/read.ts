import { CORS_PREFIX } from '../../cors/names.ts';
import { METHODS, type RuleSet } from '../../cors/rule.ts';
import { type Fields, isFields } from '../../document/fields.ts';
import type { ReadBack } from '../target.ts';
import { evaluate, originsIn } from './expression.ts';
import { headersFrom } from './model.ts';
import type { HeaderChange, HeaderRule } from './rules.ts';

const WRITE =
  'the answer of ListHttpResponseHeaderModificationRules, or an exported list of rules or function';

const WRITE_ALL = 'the answer with all of them: --PageSize 500, or the Configs of all pages in one list';

/** Reads the header rules of a site. */
export function readSite(text: string): ReadBack {
  const rules = rulesIn(text);
  if (typeof rules === 'string')
    return {
      ok: false,
      faults: [{ place: 'FILE', reason: rules, write: / of \d+ rules$/.test(rules) ? WRITE_ALL : WRITE }],
    };
  return {
    ok: true,
    value: {
      name: 'the response-header rules of Alibaba Cloud ESA',
      rules: classesOf(rules),
      behaviour: { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false },
      isExact: false,
      ignoresVary: true,
      answer: (request, bucket = { status: request.method === 'OPTIONS' ? 200 : null, headers: [] }) => ({
        status: bucket.status,
        headers: headersFrom(rules, request, bucket.headers),
      }),
      isEdited: false,
      notes: notesOf(rules),
    },
  };
}

/** The rules in a text, or the predicate of a sentence that says why it has no rules. */
function rulesIn(text: string): readonly HeaderRule[] | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  const list = isFields(parsed) ? parsed.Configs : parsed;
  if (!Array.isArray(list)) return 'has no list of rules';
  const rules = list.map((one: unknown, at) => (isFields(one) ? ruleOf(one, at) : null));
  const total = isFields(parsed) ? Number(parsed.TotalCount ?? list.length) : list.length;
  if (total > list.length) return `has ${list.length} of ${total} rules`;
  const missing = rules.indexOf(null);
  return missing === -1
    ? rules.filter((rule) => rule !== null)
    : `has an entry ${missing + 1} that is no rule`;
}

/** A global configuration has no expression, and comes before the rules. */
function ruleOf(fields: Fields, at: number): HeaderRule | null {
  const { RuleName, RuleEnable, Rule, Sequence, ResponseHeaderModification } = fields;
  if (!Array.isArray(ResponseHeaderModification)) return null;
  const isGlobal = fields.ConfigType === 'global' || Rule === undefined || Rule === '';
  return {
    RuleName: String(RuleName ?? ''),
    RuleEnable: isGlobal || RuleEnable === 'on' ? 'on' : 'off',
    Rule: isGlobal ? 'true' : String(Rule),
    Sequence: isGlobal ? -1 : Number(Sequence ?? at),
    ResponseHeaderModification: ResponseHeaderModification.flatMap((one: unknown) =>
      isFields(one) ? changeOf(one) : [],
    ),
  };
}

function changeOf({ Name, Operation, Type, Value }: Fields): readonly HeaderChange[] {
  if (Operation !== 'add' && Operation !== 'del' && Operation !== 'modify') return [];
  const type = Type === 'dynamic' ? 'dynamic' : 'static';
  return [{ Name: String(Name), Operation, Type: type, Value: String(Value ?? '') }];
}

function classesOf(rules: readonly HeaderRule[]): RuleSet {
  const values = rules.flatMap(({ Rule, ResponseHeaderModification }) => [
    ...originsIn(Rule),
    ...ResponseHeaderModification.flatMap(({ Name, Value = '' }) =>
      /^access-control-allow-origin$/i.test(Name) && /^(?:https?:\/\/[^*]+|null)$/.test(Value) ? [Value] : [],
    ),
  ]);
  const rule = { allowedMethods: METHODS, allowedHeaders: [], exposeHeaders: [] };
  return { rules: [{ ...rule, allowedOrigins: [...new Set(['*', ...values])] }], responseVary: false };
}

const ASKED = { method: 'GET', origin: null, requestMethod: null, requestHeaders: null };

function notesOf(rules: readonly HeaderRule[]): readonly string[] {
  const notes = [
    'Answers to OPTIONS are those of the bucket, with the headers of the rules: Alibaba Cloud documents nowhere how its nodes answer.',
  ];
  for (const { RuleName, Rule, ResponseHeaderModification } of rules) {
    const cors = ResponseHeaderModification.filter(({ Name }) => /^(?:vary$)|^access-control-/i.test(Name));
    if (cors.length === 0) continue;
    if (evaluate(Rule, ASKED) === null)
      notes.push(
        `The expression of "${RuleName}" compares more than method and origin, or cannot be read: it is taken to be met.`,
      );
    if (cors.some(({ Type }) => Type === 'dynamic'))
      notes.push(
        `"${RuleName}" computes a header that begins with ${CORS_PREFIX} or Vary: its expression is taken for the value.`,
      );
  }
  return notes;
}
