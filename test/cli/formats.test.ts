import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Log } from 'sarif';
import { describe, expect, test } from 'vitest';
import { anchorOf } from '../../scripts/readme-steps.ts';
import type { Reported } from '../../src/cli/findings.ts';
import { checkGithub } from '../../src/cli/formats/check-github.ts';
import { checkJson } from '../../src/cli/formats/check-json.ts';
import { annotationLine } from '../../src/cli/formats/github.ts';
import { jsonText } from '../../src/cli/formats/json.ts';
import { type Report, sectionOf } from '../../src/cli/formats/report.ts';
import { sarifLog } from '../../src/cli/formats/sarif.ts';
import { checkTable } from '../../src/cli/formats/table.ts';
import { changedLines, textDiff } from '../../src/cli/formats/text-diff.ts';
import type { Opened } from '../../src/cli/sources/opened.ts';
import { CODES } from '../../src/document/code-table.ts';
import type { Code } from '../../src/document/codes.ts';
import { readDocument } from '../../src/document/read.ts';
import { behaviour, rule } from '../helpers/rules.ts';

const SLASH = rule({ allowedOrigins: ['https://a.example/'], allowedMethods: ['GET'] });
const READ = { ...SLASH, allowedOrigins: ['https://a.example'] };
const XML =
  '<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example/</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';

const ERROR: Reported = {
  code: 'BC101',
  severity: 'error',
  place: 'CORSRule[1]/AllowedOrigin[1]',
  line: 4,
  rule: 1,
  value: 'https://a.example/',
  reason: 'ends in a slash, and browsers send none',
  write: 'https://a.example',
  rewritten: READ,
};
const NOTE: Reported = {
  code: 'BC204',
  severity: 'note',
  place: 'CORSRule[1]',
  line: 3,
  rule: 1,
  reason: 'lists GET and not HEAD',
  write: 'HEAD too, 100 % of the time:\nboth',
};

function report(findings: readonly Reported[], about: Partial<Opened> = {}): Report {
  const opened: Opened = {
    kind: 'file',
    name: 'rules/my cors.xml',
    path: 'rules/my cors.xml',
    reading: 'strict',
    text: XML,
    bytes: XML.length,
    document: readDocument(XML, 'strict'),
    hasRules: true,
    behaviour: behaviour('oss'),
    storeBy: 'default',
    ...about,
  };
  return { opened, findings, rules: [SLASH] };
}

describe('the table', () => {
  test('groups findings by rule, shows the lines to change, and ends in the counts', () => {
    expect(checkTable(report([NOTE, ERROR]), false)).toBe(
      [
        'rules/my cors.xml (1 rule, store oss; --store names another)',
        '',
        'CORSRule[1]',
        '  note BC204  line 3',
        '    It lists GET and not HEAD.',
        '    Write HEAD too, 100 % of the time:\\u000aboth.',
        '    docs/checks.md#bc204-get-without-head',
        '  error BC101  AllowedOrigin[1], line 4',
        '    "https://a.example/" ends in a slash, and browsers send none.',
        '    Write https://a.example.',
        '      - <AllowedOrigin>https://a.example/</AllowedOrigin>',
        '      + <AllowedOrigin>https://a.example</AllowedOrigin>',
        '    docs/checks.md#bc101-an-origin-with-a-slash-a-path-or-a-query',
        '',
        '1 error, no warnings and 1 note',
      ].join('\n'),
    );
  });

  test.each([false, true])('has the columns of the terminal, with colours: %s', (colours) => {
    const lines = stripVTControlCharacters(checkTable(report([ERROR]), colours, 40)).split('\n');
    expect(lines.slice(0, 8)).toEqual([
      'rules/my cors.xml (1 rule, store oss;',
      '--store names another)',
      '',
      'CORSRule[1]',
      '  error BC101  AllowedOrigin[1], line 4',
      '    "https://a.example/" ends in a',
      '    slash, and browsers send none.',
      '    Write https://a.example.',
    ]);
  });

  test('shortens a long value', () => {
    const long = { ...ERROR, value: `https://${'a'.repeat(9_000)}/` };
    expect(checkTable(report([long]), false)).toMatch(/^ {4}"https:\/\/a{192}…"$/m);
  });

  test('without findings says so', () => {
    expect(checkTable(report([], { storeBy: 'flag' }), false)).toBe(
      'rules/my cors.xml (1 rule, store oss)\n\nNothing found.',
    );
    expect(checkTable(report([], { hasRules: false }), false)).toContain('(no rules, ');
  });

  test('has colours only for a terminal, and no control character of the document', () => {
    const hostile = { ...ERROR, value: 'https://a\u001b]0;title\u0007.example' };
    expect(checkTable(report([hostile]), true)).toContain('\u001b[31merror\u001b[39m');
    expect(checkTable(report([hostile]), false)).not.toContain('\u001b');
    expect(checkTable(report([hostile]), true)).not.toContain('\u001b]');
  });
});

describe('SARIF', () => {
  test('has a run with rules and results as the standard types them', () => {
    const log: Log = sarifLog(report([NOTE, ERROR]));
    expect(log.version).toBe('2.1.0');
    const [run] = log.runs;
    expect(run?.tool.driver.rules).toMatchObject([
      {
        id: 'BC101',
        shortDescription: { text: 'An origin with a slash, a path or a query' },
        defaultConfiguration: { level: 'error' },
        helpUri:
          'https://github.com/bucket-cors/bucket-cors/blob/main/docs/checks.md#bc101-an-origin-with-a-slash-a-path-or-a-query',
      },
      { id: 'BC204', defaultConfiguration: { level: 'note' } },
    ]);
    expect(run?.results?.[1]).toEqual({
      ruleId: 'BC101',
      ruleIndex: 0,
      level: 'error',
      message: {
        text: 'CORSRule[1]/AllowedOrigin[1] "https://a.example/" ends in a slash, and browsers send none; write https://a.example',
      },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'rules/my%20cors.xml' },
            region: { startLine: 4 },
          },
          logicalLocations: [{ fullyQualifiedName: 'CORSRule[1]/AllowedOrigin[1]' }],
        },
      ],
    });
    expect(run?.results?.[0]?.ruleIndex).toBe(1);
  });

  test.each<[string, Partial<Opened>, string]>([
    ['a file by its absolute path', { path: join(process.cwd(), 'a/b.xml') }, 'a/b.xml'],
    ['a file elsewhere', { path: '/elsewhere/b c.xml' }, 'file:///elsewhere/b%20c.xml'],
  ])('names %s as code scanning finds it', (_, about, uri) => {
    const [run] = sarifLog(report([ERROR], about)).runs;
    expect(run?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri).toBe(uri);
  });

  test('names a bucket by its address, and standard input as input', () => {
    const uri = (kind: Opened['kind'], name: string) => {
      const { path: _, ...opened } = report([]).opened;
      const [run] = sarifLog({ ...report([ERROR]), opened: { ...opened, kind, name } }).runs;
      return run?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri;
    };
    expect(uri('bucket', 'https://b.example/?cors')).toBe('https://b.example/?cors');
    expect(uri('input', 'standard input')).toBe('input');
  });
});

describe('JSON', () => {
  test('has counts, and each finding with its place, line, rule and section', () => {
    expect(JSON.parse(checkJson(report([ERROR, NOTE])))).toEqual({
      source: 'rules/my cors.xml',
      store: 'oss',
      storeBy: 'default',
      rules: 1,
      counts: { error: 1, warning: 0, note: 1 },
      findings: [
        {
          ...ERROR,
          title: 'An origin with a slash, a path or a query',
          more: 'https://github.com/bucket-cors/bucket-cors/blob/main/docs/checks.md#bc101-an-origin-with-a-slash-a-path-or-a-query',
        },
        {
          ...NOTE,
          value: null,
          title: 'GET without HEAD',
          more: 'https://github.com/bucket-cors/bucket-cors/blob/main/docs/checks.md#bc204-get-without-head',
        },
      ],
    });
  });
});

test('JSON escapes what commands a terminal or turns its text, and means the same', () => {
  const value = { text: '\u001b\u007f\u009b\u2028\u202e\u2066ü' };
  const text = jsonText(value);
  expect(text).toContain('"\\u001b\\u007f\\u009b\\u2028\\u202e\\u2066ü"');
  expect(JSON.parse(text)).toEqual(value);
});

describe('annotations of GitHub', () => {
  test('escape what would end a property or the line', () => {
    expect(checkGithub(report([NOTE]))).toBe(
      '::notice file=rules/my cors.xml,line=3,title=BC204 GET without HEAD::CORSRule[1] lists GET and not HEAD; write HEAD too, 100 %25 of the time:\\u000aboth%0Ahttps://github.com/bucket-cors/bucket-cors/blob/main/docs/checks.md#bc204-get-without-head',
    );
    expect(annotationLine({ level: 'error', file: 'a,b:c%.xml', title: 'x\r\ny', message: 'm' })).toBe(
      '::error file=a%2Cb%3Ac%25.xml,title=x%0D%0Ay::m',
    );
  });

  test('have no control character, which the log of a workflow would show to a terminal', () => {
    expect(
      annotationLine({ level: 'error', title: 'x\u001by', message: 'a\u0007\nb\u009b\u202e\r\n::error::c' }),
    ).toBe('::error title=x\\u001by::a\\u0007%0Ab\\u009b\\u202e%0D%0A::error::c');
  });

  test('name no file for a bucket', () => {
    const { path: _, ...opened } = report([]).opened;
    expect(checkGithub({ ...report([ERROR]), opened })).toMatch(/^::error title=BC101/);
  });
});

describe('the section of a code', () => {
  test('is a heading of docs/checks.md, for every code', () => {
    const page = readFileSync(new URL('../../docs/checks.md', import.meta.url), 'utf8');
    const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchorOf(title));
    const codes = Object.keys(CODES) as Code[];
    expect(codes.map(sectionOf).filter((section) => !anchors.includes(section.replace(/.*#/, '')))).toEqual(
      [],
    );
  });
});

describe('a textual diff', () => {
  test('of equal texts is empty', () => {
    expect(textDiff({ name: 'a', text: 'x\n' }, { name: 'b', text: 'x\n' })).toEqual([]);
  });

  test('has the lines that differ, also those that begin with hyphens', () => {
    expect(changedLines('a\n-- b\nc\n', 'a\n++ d\nc\n')).toEqual(['--- b', '+++ d']);
  });
});
