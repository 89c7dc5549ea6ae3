import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { rule } from '../helpers/rules.ts';
import { setOf } from '../suite/sets.ts';
import { type ClientKind, codeOf, type Operation } from './_client.ts';
import { type Mode, type OpenEdge, openEdge, RUNTIMES, type Runtime } from './_edges.ts';
import { OPERATIONS } from './_operations.ts';
import { KEYS, OPEN, type Store, type StoreKind } from './_stores.ts';

/** One line of the matrix: a client, the mode of the edge and the store behind it. */
export interface Line {
  readonly client: ClientKind;
  readonly mode: Mode;
  readonly store: StoreKind;
  readonly runtime: Runtime;
  /** True: the client signs nothing. */
  readonly unsigned?: boolean;
  /** Operations that are refused, by the code that the client reports. */
  readonly refused?: Readonly<Partial<Record<Operation, string>>>;
}

/** Lines of both runtimes from one that has none. */
export const onBoth = (
  line: Omit<Line, 'runtime' | 'refused'>,
  refused: (runtime: Runtime) => Line['refused'] = () => ({}),
): readonly Line[] => RUNTIMES.map((runtime) => ({ ...line, runtime, refused: refused(runtime) ?? {} }));

/** The same refusal of every operation but these. */
export const allBut = (code: string, ...works: readonly Operation[]): Line['refused'] =>
  Object.fromEntries(
    (Object.keys(OPERATIONS) as Operation[])
      .filter((name) => !works.includes(name))
      .map((name) => [name, code]),
  );

/** Refusals of the reads that a client signs, where the edge signs reads itself. */
export const signedReads = ({ refusedHead }: ClientKind): Line['refused'] => ({
  get: 'AccessDenied',
  range: 'AccessDenied',
  list: 'AccessDenied',
  urlToGet: 'AccessDenied',
  head: refusedHead,
  // Its upload passes, and it reads the ETag by a HEAD.
  multipart: refusedHead,
});

const READ_RULES = setOf(rule({ allowedMethods: ['GET', 'HEAD'] }));

/** Operations that sign something to be sent by others. */
const SIGNING: readonly Operation[] = ['urlToPut', 'urlToGet', 'form'];

/** Runs every operation of every line; all share one edge a runtime, and each line has a bucket of its own. */
export function describeMatrix(prefix: string, lines: readonly Line[]): void {
  const edges = new Map<Runtime, OpenEdge>();
  const stores: Store[] = [];
  const nameOf = (line: Line) => `${prefix}-${lines.indexOf(line)}`;

  beforeAll(async () => {
    stores.push(...(await Promise.all(lines.map((line) => OPEN[line.store](nameOf(line))))));
    // Without a rule that lists a method, the edge signs no read.
    await Promise.all(
      lines.map(({ mode }, at) => (mode === 'sign' ? stores[at]?.putRules(READ_RULES) : undefined)),
    );
    const served = (runtime: Runtime) =>
      Object.fromEntries(
        lines.flatMap((line, at) => {
          const store = stores[at];
          return line.runtime === runtime && store !== undefined
            ? [[nameOf(line), { store, mode: line.mode }] as const]
            : [];
        }),
      );
    await Promise.all(
      RUNTIMES.filter((runtime) => lines.some((line) => line.runtime === runtime)).map(async (runtime) => {
        edges.set(runtime, await openEdge(runtime, served(runtime)));
      }),
    );
  });
  afterAll(async () => {
    await Promise.all([...edges.values()].map(({ close }) => close()));
    await Promise.all(stores.map(({ close }) => close()));
  });

  for (const [at, line] of lines.entries()) {
    const { client, mode, store, runtime, unsigned = false, refused = {} } = line;
    const signs = unsigned ? `${client.name} without keys` : client.name;
    describe.concurrent(`${signs} before ${store} through ${mode} on ${runtime}`, () => {
      for (const operation of Object.keys(OPERATIONS) as Operation[]) {
        const row = OPERATIONS[operation];
        const lacks = unsigned && SIGNING.includes(operation) ? 'it has no keys' : client.lacks?.[operation];
        if (lacks !== undefined) {
          test.skip(`${row.name}: it cannot, ${lacks}`, () => undefined);
          continue;
        }
        const code = refused[operation];
        test(code === undefined ? row.name : `gets ${code} where it ${row.name}`, async () => {
          const edge = edges.get(runtime);
          const behind = stores[at];
          if (edge === undefined || behind === undefined) throw new Error('the edge is not open');
          onTestFailed(() => console.error(edge.lines().join('\n')));
          const opened = client.open({ url: edge.url, bucket: nameOf(line) }, unsigned ? null : KEYS);
          const act = row.run(opened, behind.witness, `${operation}/`);
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
