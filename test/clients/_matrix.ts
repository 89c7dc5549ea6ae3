import { describe, expect, test } from 'vitest';
import { rule } from '../helpers/rules.ts';
import { setOf } from '../suite/sets.ts';
import { type ClientKind, codeOf, type Operation } from './_client.ts';
import { RUNTIMES, type Runtime } from './_edges.ts';
import { isMissing, type Line, useLines } from './_lines.ts';
import { OPERATIONS } from './_operations.ts';
import { KEYS } from './_stores.ts';

/** Operations that are refused, by the code that the client reports. */
export type Refused = Readonly<Partial<Record<Operation, string>>>;

/** A client before a bucket behind the edge. */
export interface ClientLine extends Line {
  readonly client: ClientKind;
  /** True: the client signs nothing. */
  readonly unsigned?: boolean;
  readonly refused: Refused;
  /** All of them by default. */
  readonly operations?: readonly Operation[];
}

/** A line for both runtimes, with the refusals on each. */
export const lineOnBoth = (
  line: Omit<ClientLine, 'runtime' | 'refused'>,
  refused: (runtime: Runtime) => Refused = () => ({}),
): readonly ClientLine[] => RUNTIMES.map((runtime) => ({ ...line, runtime, refused: refused(runtime) }));

const NAMES = Object.keys(OPERATIONS) as Operation[];

/** The same refusal of every operation but these. */
export const allBut = (code: string, ...works: readonly Operation[]): Refused =>
  Object.fromEntries(NAMES.filter((name) => !works.includes(name)).map((name) => [name, code]));

/** Refusals of the reads that a client signs, where the edge signs reads itself. */
export const signedReads = ({ refusedHead }: ClientKind): Refused => ({
  get: 'AccessDenied',
  range: 'AccessDenied',
  list: 'AccessDenied',
  urlToGet: 'AccessDenied',
  head: refusedHead,
  // Its upload passes, and it reads the ETag by a HEAD.
  multipart: refusedHead,
});

/** Without a rule that lists a method, the edge signs no read. */
const READ_RULES = setOf(rule({ allowedMethods: ['GET', 'HEAD'] }));

/** Operations that sign something to be sent by others. */
const SIGNING: readonly Operation[] = ['urlToPut', 'urlToGet', 'form'];

/** Runs every operation of every line. */
export function describeMatrix(prefix: string, lines: readonly ClientLine[]): void {
  const opened = useLines(prefix, lines, async (store, { mode }) => {
    if (mode === 'sign') await store.putRules(READ_RULES);
  });

  for (const [at, line] of lines.entries()) {
    const { client, mode, store, runtime, unsigned = false, refused, operations = NAMES } = line;
    const signs = unsigned ? `${client.name} without keys` : client.name;
    const title = `${signs} before ${store} through ${mode} on ${runtime}`;
    describe.skipIf(isMissing(line)).concurrent(title, () => {
      for (const operation of operations) {
        const row = OPERATIONS[operation];
        const lacks = unsigned && SIGNING.includes(operation) ? 'it has no keys' : client.lacks?.[operation];
        if (lacks !== undefined) {
          test.skip(`${row.name}: it cannot, ${lacks}`, () => undefined);
          continue;
        }
        const code = refused[operation];
        test(code === undefined ? row.name : `gets ${code} where it ${row.name}`, async () => {
          const { entry, store } = opened(at);
          const act = row.run(client.open(entry, unsigned ? null : KEYS), store.witness, `${operation}/`);
          if (code === undefined) return await act;
          const error: unknown = await act.then(
            () => 'nothing was refused',
            (reason: unknown) => reason,
          );
          expect(codeOf(error), String(error)).toBe(code);
        });
      }
    });
  }
}
