import type { Plan, PlannedRule } from '../plan.ts';
import { literal } from './literal.ts';

/** The rules as data, in their order. */
export function tableText(plan: Plan, isCompact: boolean): string {
  if (plan.rules.length === 0) return '';
  const rows = plan.rules.map((rule) => fieldsOf(plan, rule));
  const text = rows.map((fields) =>
    isCompact ? `{ ${fields.join(', ')} },` : `  {\n${fields.map((field) => `    ${field},\n`).join('')}  },`,
  );
  return `
// The first rule that matches applies.${hasEveryone(plan) ? EVERYONE : ''}
const RULES = [
${text.join('\n')}
];
`;
}

function fieldsOf({ methods }: Plan, { rule, allowOrigin, exact, patterns }: PlannedRule): readonly string[] {
  const entries = [...exact, ...patterns.map(({ prefix, suffix }) => `${prefix}*${suffix}`)];
  const names = [...rule.headers.exact, ...rule.headers.patterns.map(({ source }) => source)];
  const everyone = methods.filter(({ withoutOrigin }) => withoutOrigin === rule).map(({ method }) => method);
  const fields: readonly (readonly [name: string, value: string | readonly string[]])[] = [
    // Beside `*` the other entries change no answer.
    ['origins', allowOrigin === '*' ? ['*'] : once(entries)],
    ['methods', rule.rule.allowedMethods],
    ['headers', rule.headers.any ? ['*'] : once(names)],
    ['expose', rule.exposeHeaders ?? ''],
    ['maxAge', rule.maxAge ?? ''],
    ['everyone', everyone],
  ];
  return fields
    .filter(([name, value]) => value.length > 0 || name === 'headers')
    .map(([name, value]) => `${name}: ${literal(value)}`);
}

const EVERYONE = ' `everyone`: methods for which also requests without Origin get its headers.';

/** Whether an answer to a request without Origin may have CORS headers. */
export const hasEveryone = ({ methods }: Plan): boolean =>
  methods.some(({ withoutOrigin }) => withoutOrigin !== null);

const once = (list: readonly string[]): readonly string[] => [...new Set(list)];

/** The function that compares a value with entries of AllowedOrigin or AllowedHeader. */
export const MATCHES = `
// Whether an entry is the value, or has a \`*\` in place of some of its text.
function matches(entries, value) {
  return entries.some((entry) => {
    const star = entry.indexOf('*');
    if (star === -1) return entry === value;
    return (
      // ab*ba does not match aba.
      value.length >= entry.length - 1 &&
      value.startsWith(entry.slice(0, star)) &&
      value.endsWith(entry.slice(star + 1))
    );
  });
}
`;
