import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { notesNaming } from '../../src/cli/export/report.ts';
import { readArguments } from '../../src/cli/parse.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { decide } from '../../src/cors/decide.ts';
import { allowedBy, preflightCommand } from '../../src/export/ask.ts';
import { TARGETS } from '../../src/export/targets.ts';
import { exportOptions } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const SETS = ruleSets();

/** Every note of a target, each once. */
const notesOf = (target: (typeof TARGETS)[number]) => {
  const all = target.formats.flatMap((format) =>
    SETS.flatMap(({ rules }) => {
      const compiled = target.compile(rules, exportOptions({ format, allowNarrower: true }));
      return compiled.ok ? compiled.notes : [];
    }),
  );
  return [...new Map(all.map((note) => [JSON.stringify(note), note])).values()];
};

describe.each(TARGETS.map((target) => [target.name, notesOf(target)] as const))(
  'the notes for %s',
  (_, notes) => {
    test('name commands of this program that it takes', () => {
      for (const { about, command = '' } of notes)
        for (const [, line = ''] of `${about}\n${command}`.matchAll(
          /\bbucket-cors ((?:[a-z-]+ ?)+[^`\n|;]*)/g,
        )) {
          const [name, ...args] = line.trim().split(/\s+/);
          const found = COMMANDS.find((one) => one.name === name);
          if (found === undefined) throw new Error(`bucket-cors ${line} names no command`);
          expect(readArguments(found, args).faults, line).toEqual([]);
        }
    });

    test('have commands that a shell reads', () => {
      const lines = notesNaming("it's a file.json", notes).flatMap(({ command }) => command ?? []);
      // Of those that differ by their origin alone, one.
      const kinds = new Map(lines.map((line) => [line.replace(/Origin: [^']*/, ''), line]));
      const script = [...kinds.values()].join('\n');
      expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
      expect(script).not.toMatch(/\bFILE\b/);
    });
  },
);

describe('a command that asks', () => {
  test.each(SETS.filter(({ rules }) => rules.rules.length > 0))(
    'names an origin that a rule allows: $name',
    ({ rules }) => {
      const { origin, method } = allowedBy(rules);
      const asked = { method: 'OPTIONS', origin, requestMethod: method, requestHeaders: null };
      const known = rules.rules.flatMap(({ rule: one }) => one.allowedOrigins);
      const isAsked = known.some((entry) => entry === '*' || /^https?:\/\/[a-z0-9.:*-]+$/.test(entry));
      expect(decide(rules, asked).rule !== null || !isAsked).toBe(true);
    },
  );

  test.each([
    ['https://a.example', 'https://a.example'],
    ['https://*.a.example', 'https://www.a.example'],
    ['*', 'https://app.example.com'],
    ["https://a'$(id).example", 'https://app.example.com'],
  ])('by the entry %s names %s', (entry, origin) => {
    const rules = compileRules(
      { rules: [rule({ allowedOrigins: [entry], allowedMethods: ['PUT'] })], responseVary: false },
      behaviourOf('oss'),
    );
    expect(preflightCommand(rules, ['x-a'])).toBe(
      `bucket-cors doctor https://DOMAIN/KEY --origin ${origin} --method ${entry.includes("'") ? 'GET' : 'PUT'} --headers x-a`,
    );
  });
});

test('the file of a command is quoted where it must be', () => {
  const note = { about: 'a', command: 'cat FILE | jq FILES' };
  expect(notesNaming('/tmp/a.json', [note])[0]?.command).toBe('cat /tmp/a.json | jq FILES');
  expect(notesNaming("it's $& a", [note])[0]?.command).toBe(`cat 'it'\\''s $& a' | jq FILES`);
});
