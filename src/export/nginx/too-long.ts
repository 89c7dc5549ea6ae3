import type { CompiledRule, CompiledRules } from '../../cors/compile.ts';
import { narrowed } from '../narrow.ts';
import { escapeSpecial as escaped } from '../regex.ts';
import type { Inexpressible } from '../target.ts';
import { refusedNameRegex } from './names.ts';
import { TOKEN_LIMIT } from './text.ts';

/** Characters of a list of request headers, and of an entry of AllowedOrigin, that fit into one regular expression. */
const HEADERS_LIMIT = 2_500;
const ORIGIN_LIMIT = 1_000;

/** What nginx can enforce, and the rules that it cannot: its configuration has no token beyond 4,096 characters. */
export function enforceable(
  rules: CompiledRules,
  allowNarrower: boolean,
): { readonly found: CompiledRules | null; readonly refused: readonly Inexpressible[] } {
  const refused = rules.rules.flatMap(refusedRule);
  if (refused.length === 0) return { found: rules, refused };
  if (!allowNarrower) return { found: null, refused };
  const left = new Set(refused.flatMap((one) => one.rules));
  return { found: narrowed(rules, (rule, number) => (left.has(number) ? null : rule)), refused };
}

function refusedRule(rule: CompiledRule): readonly Inexpressible[] {
  const { number, origins, exposeHeaders, allowMethods } = rule;
  const entries = [...origins.exact, ...origins.patterns.map(({ source }) => source)];
  const long = entries.filter((entry) => escaped(entry).length > ORIGIN_LIMIT);
  const refuse = (part: string, nearest: string): Inexpressible => ({
    rules: [number],
    origins: (long.length > 0 ? long : entries).slice(0, 10).map((entry) => entry.slice(0, 100)),
    methods: allowMethods.split(', '),
    what: `${part} of rule ${number} fits into no line of nginx's configuration, which reads 4,096 characters at once.`,
    nearest,
  });
  const leftOut = 'A configuration without this rule.';
  if (long.length > 0) return [refuse('An entry of AllowedOrigin', leftOut)];
  if (refusedNameRegex(rule).length > HEADERS_LIMIT) {
    return [
      refuse(
        'The list of AllowedHeader',
        'One entry with `*` that covers several headers, if that is meant.',
      ),
    ];
  }
  if ((exposeHeaders ?? '').length > TOKEN_LIMIT || /[^\x20-\x7e]/.test(exposeHeaders ?? '')) {
    return [refuse('The list of ExposeHeader', leftOut)];
  }
  return [];
}
