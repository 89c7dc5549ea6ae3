import { CODES } from '../../document/code-table.ts';
import { jsonText } from './json.ts';
import { countsOf, type Report, urlOf } from './report.ts';

/** Findings as JSON; docs/commands.md has the meaning of each key. */
export function checkJson({ opened, findings, rules }: Report): string {
  const { name, behaviour, storeBy } = opened;
  return jsonText({
    source: name,
    store: behaviour.dialect,
    storeBy,
    rules: rules?.length ?? null,
    counts: countsOf(findings),
    findings: findings.map(({ code, severity, place, line, rule, value, reason, write, rewritten }) => ({
      code,
      severity,
      title: CODES[code].title,
      place,
      line: line ?? null,
      rule,
      value: value ?? null,
      reason,
      write,
      ...(rewritten !== undefined && { rewritten }),
      more: urlOf(code),
    })),
  });
}
