import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkRules, RULE_CODES } from '../../../src/analysis/check/check.ts';
import { CODES, type Code } from '../../../src/document/codes.ts';
import { readDocument } from '../../../src/document/read.ts';
import { loadDomains } from '../../../src/node/domains.ts';

const page = readFileSync(new URL('../../../docs/checks.md', import.meta.url), 'utf8');
const sections = page
  .split(/^### /m)
  .slice(1)
  .map((text) => {
    const [, code = '', title = ''] = /^(BC\d{3}) (.*)$/m.exec(text) ?? [];
    const severity = /^Severity: (\w+)\./m.exec(text)?.[1];
    const [bad, good] = [...text.matchAll(/```xml\n([\s\S]*?)```/g)].map(([, xml]) => xml ?? '');
    return { code, title, severity, bad, good };
  });

const domains = await loadDomains();
const behaviour = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;

function codesOf(xml: string): string[] {
  const document = readDocument(xml, 'strict');
  if (!document.ok) throw new Error(JSON.stringify(document.faults));
  return [...new Set(checkRules(document.ruleSet, { behaviour, domains }).map(({ code }) => code))];
}

describe('docs/checks.md', () => {
  test('has one section for every code, in order, with its title and severity', () => {
    expect(sections.map(({ code, title, severity }) => ({ code, title, severity }))).toEqual(
      Object.entries(CODES).map(([code, { title, severity }]) => ({ code, title, severity })),
    );
  });

  const ofRules = sections.filter(
    ({ code, bad }) => (RULE_CODES as readonly Code[]).includes(code as Code) && bad !== undefined,
  );
  // The page shortens the example of BC501: check.test.ts has its whole one.
  test.each(ofRules.filter(({ code }) => code !== 'BC501'))(
    'fires $code on its bad example, and no other code',
    ({ code, bad = '' }) => {
      expect(codesOf(bad)).toEqual([code]);
    },
  );

  test.each(sections.filter(({ good }) => good !== undefined))(
    'fires nothing on the good example of $code',
    ({ good = '' }) => {
      expect(codesOf(good)).toEqual([]);
    },
  );

  test.each(sections.filter(({ code, bad }) => code.startsWith('BC0') && bad !== undefined))(
    'has a bad example of $code that a strict reading refuses, or reads with a warning',
    ({ bad = '' }) => {
      const document = readDocument(bad, 'strict');
      expect(document.ok ? document.warnings : document.faults).not.toEqual([]);
    },
  );
});

describe('the rules of the project itself have no finding', () => {
  test.each(['examples/bucket.cors.xml', 'examples/r2/cors.json'])('%s', (path) => {
    expect(codesOf(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'))).toEqual([]);
  });
});
