import { describe, expect, it } from 'vitest';
import { compileRules, missingBucket, unavailableRules } from '../../../src/cors/compile.ts';
import type { Compiled } from '../../../src/export/target.ts';
import { askedOf } from '../../../src/node/watch/asked.ts';
import { reasonsOf } from '../../../src/node/watch/reasons.ts';
import { AT_START, type State } from '../../../src/node/watch/state.ts';
import { rule } from '../../helpers/rules.ts';

const behaviour = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;
const rules = compileRules({ rules: [rule({})], responseVary: false }, behaviour);
const asked = (compile: () => Compiled, found = rules, cause: string | null = null) =>
  askedOf({ rules: found, version: 'v1' }, { name: 'media', compile, cause });
const written = (text: string) => (): Compiled => ({
  ok: true,
  files: [{ name: 'cors.conf', use: '', text }],
  grade: 'equal',
  notes: [],
  enforced: rules,
  lost: [],
});

describe('what the rules in force ask of an exported file', () => {
  it('is identified by the text of the files', () => {
    const one = asked(written('a'));
    expect(one).toMatchObject({ kind: 'export', content: { version: 'v1' }, files: [{ text: 'a' }] });
    expect(asked(written('a'))).toEqual(one);
    expect(asked(written('b'))).not.toMatchObject({ content: one.kind === 'export' ? one.content : {} });
  });

  it('is nothing where no rules are in force, or the bucket does not exist', () => {
    const never = () => {
      throw new Error('compiled');
    };
    expect(asked(never, unavailableRules(behaviour), 'no route')).toEqual({
      kind: 'unavailable',
      why: 'the rules of media are not in force: no route',
    });
    expect(asked(never, missingBucket(behaviour))).toEqual({
      kind: 'unavailable',
      why: 'there is no bucket media',
    });
  });

  it('is refused with each reason, and also where the export fails', () => {
    const part = { origins: [], methods: [], nearest: 'Other rules.' };
    const refused = [
      { ...part, rules: [1, 3], what: 'It has no patterns.' },
      { ...part, rules: [], what: 'It has no GET.' },
    ];
    expect(asked(() => ({ ok: false, refused }))).toEqual({
      kind: 'refused',
      why: ['rules 1, 3: It has no patterns. Nearest: Other rules.', 'It has no GET. Nearest: Other rules.'],
    });
    expect(
      asked(() => {
        throw new Error('no plan');
      }),
    ).toEqual({ kind: 'refused', why: ['the export failed: no plan'] });
  });
});

describe('the reasons why a watched export is not ready', () => {
  const content = { key: 'a', version: null };
  const reasons = (state: Partial<State>) => reasonsOf({ ...AT_START, ...state }, 'cors.conf');

  it('are missing files, and not a command that fails', () => {
    expect(reasons({}).missing).toEqual(['cors.conf has no export yet']);
    const found = { content, isPending: true, isExport: true };
    expect(reasons({ found, runFailure: { why: 'the command ended', count: 1 } })).toEqual({
      missing: [],
      degraded: ['exec_failed: the command ended'],
    });
  });

  it('are a file that is no export, unless it is what the rules ask', () => {
    const found = { content, isPending: false, isExport: false };
    expect(reasons({ found }).missing).toHaveLength(1);
    expect(reasons({ found, wanted: { kind: 'export', content } }).missing).toEqual([]);
  });

  it('name each refusal', () => {
    const wanted = { kind: 'refused', why: ['one', 'two'] } as const;
    expect(reasons({ wanted }).degraded).toEqual(['export_refused: one', 'export_refused: two']);
  });
});
