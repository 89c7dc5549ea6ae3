import type { Rule } from '../../cors/rule.ts';
import { type Check, type Checks, type Context, type Draft, numbered } from './context.ts';
import { isLoopback } from './domains.ts';
import type { OriginProblem } from './origin-form.ts';
import { shown } from './shown.ts';

/** The checks of origins. A value has at most one problem of its own, the first in this order. */
export const ORIGINS: Checks<
  'BC101' | 'BC102' | 'BC103' | 'BC104' | 'BC105' | 'BC106' | 'BC107' | 'BC108' | 'BC109' | 'BC110'
> = {
  BC101: withProblem('BC101'),
  BC102: withProblem('BC102'),
  BC103: withProblem('BC103'),
  BC104: withProblem('BC104'),
  BC105: withProblem('BC105'),
  BC106: withProblem('BC106'),
  BC107: withProblem('BC107'),
  BC108: withProblem('BC108'),
  BC109: function* (context) {
    yield* withProblem('BC109')(context);
    yield* httpBesideHttps(context);
  },
  BC110: withProblem('BC110'),
};

const GENERAL = 'one origin such as https://www.example.com';

function withProblem(code: OriginProblem['code']): Check {
  return function* (context) {
    for (const [rule, number] of numbered(context)) {
      const found = rule.allowedOrigins.map((value) => {
        const problem = context.problemOf(value);
        return problem?.code === code ? problem : undefined;
      });
      if (found.every((problem) => problem === undefined)) continue;
      const rewritten = corrected(rule, found);
      for (const [index, problem] of found.entries()) {
        const value = rule.allowedOrigins[index];
        if (problem === undefined || value === undefined) continue;
        const isClear = problem.corrected !== undefined && rewritten !== undefined;
        yield {
          rule: number,
          field: 'allowedOrigins',
          index,
          value,
          reason: problem.reason,
          write: problem.write ?? (problem.corrected?.join(' and ') || GENERAL),
          ...(problem.severity !== undefined && { severity: problem.severity }),
          ...(isClear && { rewritten }),
        };
      }
    }
  };
}

/** The rule with every correction; undefined if no origin would be left. */
function corrected(rule: Rule, problems: readonly (OriginProblem | undefined)[]): Rule | undefined {
  const origins = rule.allowedOrigins.flatMap((value, index) => problems[index]?.corrected ?? [value]);
  return origins.length === 0 ? undefined : { ...rule, allowedOrigins: [...new Set(origins)] };
}

function* httpBesideHttps(context: Context): Generator<Draft> {
  for (const [rule, number] of numbered(context)) {
    const origins = new Set(rule.allowedOrigins);
    const isBeside = (value: string) =>
      value.startsWith('http://') &&
      origins.has(value.replace('http://', 'https://')) &&
      !isLoopback(value.slice('http://'.length).replace(/:[\d*]*$/, ''));
    const rewritten = { ...rule, allowedOrigins: rule.allowedOrigins.filter((value) => !isBeside(value)) };
    for (const [index, value] of rule.allowedOrigins.entries())
      if (isBeside(value))
        yield {
          rule: number,
          field: 'allowedOrigins',
          index,
          value,
          reason:
            "stands beside https:// of the same host, and anyone on a page's network can change pages of http",
          write: `${shown(value.replace('http://', 'https://'))} alone, if all pages are served over https`,
          rewritten,
        };
  }
}
