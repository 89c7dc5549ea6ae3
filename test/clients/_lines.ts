import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import type { Entry } from './_client.ts';
import { type Mode, type OpenEdge, openEdge, RUNTIMES, type Runtime } from './_edges.ts';
import { OPEN, type Store, type StoreKind } from './_stores.ts';

/** A bucket behind the edge: one line of a table of tests. */
export interface Line {
  readonly runtime: Runtime;
  readonly mode: Mode;
  readonly store: StoreKind;
  /** Further options of the bucket. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A line while tests run. */
export interface Opened {
  /** The bucket as clients find it. */
  readonly entry: Entry;
  readonly store: Store;
}

/** The same line on both runtimes. */
export const onBoth = <T extends Omit<Line, 'runtime'>>(
  line: T,
): readonly (T & { readonly runtime: Runtime })[] => RUNTIMES.map((runtime) => ({ ...line, runtime }));

/** Whether the store of a line cannot run on this machine; with CI=true the setup fails instead. */
export const isMissing = ({ store }: Pick<Line, 'store'>): boolean =>
  store === 'the Ceph gateway' && inject('s3Gateway') === null;

/**
 * Opens a bucket for each line of a file, and one edge for each runtime. Returns what finds a line by its position. A test
 * that fails prints the last output of both edges.
 */
export function useLines(
  prefix: string,
  lines: readonly Line[],
  prepare: (store: Store, line: Line) => Promise<void> = async () => undefined,
): (at: number) => Opened {
  const edges = new Map<Runtime, OpenEdge>();
  const stores = new Map<number, Store>();
  const nameOf = (at: number): string => `${prefix}-${at}`;

  beforeAll(async () => {
    const open = async (line: Line, at: number): Promise<void> => {
      if (isMissing(line)) return;
      const store = await OPEN[line.store](nameOf(at));
      stores.set(at, store);
      await prepare(store, line);
    };
    await Promise.all(lines.map(open));
    const openOn = async (runtime: Runtime): Promise<void> => {
      const served = [...stores].flatMap(([at, store]) => {
        const line = lines[at];
        if (line?.runtime !== runtime) return [];
        const { mode, options = {} } = line;
        return [[nameOf(at), { store, mode, options }] as const];
      });
      if (served.length > 0) edges.set(runtime, await openEdge(runtime, Object.fromEntries(served)));
    };
    await Promise.all(RUNTIMES.map(openOn));
  });
  afterAll(async () => {
    await Promise.all([...edges.values()].map(({ close }) => close()));
    await Promise.all([...stores.values()].map(({ close }) => close()));
  });

  afterEach(({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const [runtime, { lines: last }] of edges) console.error(`${runtime}:\n${last().join('\n')}`);
  });

  return (at) => {
    const [edge, store] = [edges.get(lines[at]?.runtime ?? 'Node'), stores.get(at)];
    if (edge === undefined || store === undefined) throw new Error('the edge is open only while tests run');
    return { entry: { url: edge.url, bucket: nameOf(at) }, store };
  };
}
