import { ALWAYS_READABLE } from '../../analysis/browser/safelist.ts';
import type { Model, OriginClass } from '../../analysis/model.ts';
import { actualRequest } from '../../analysis/table.ts';
import { ALLOW_ORIGIN } from '../../cors/names.ts';
import type { Deployed } from '../deployed.ts';
import type { Outcome } from '../outcome.ts';
import type { Direction } from './finding.ts';
import { type Answering, type PageVerdict, pageVerdict } from './verdict.ts';

/** The methods that a cache answers, and those of the requests whose answers it stores for them. */
const STORED: Readonly<Record<string, readonly string[]>> = { GET: ['GET'], HEAD: ['GET', 'HEAD'] };

/** The bucket's answers that a cache may have stored, by the method of the request that it answers. */
export type Copies = ReadonlyMap<string, readonly Outcome[]>;

/**
 * The copies that a cache without Vary may have: for another origin, or none. Those that name their origin differ in it
 * alone; two of them are enough, because one at least is not of the origin that asks.
 */
export function copiesOf(model: Model, bucket: Answering): Copies {
  const origins = [...model.origins.map(({ witness }) => witness), null];
  return new Map(
    Object.entries(STORED).map(([method, stored]) => {
      const copies = stored.flatMap((one) =>
        origins.map((origin) => ({ origin, copy: bucket({ ...actualRequest('', one), origin }) })),
      );
      const alike = Map.groupBy(copies, ({ origin, copy }) =>
        JSON.stringify(
          copy.headers.map(([name, value]) =>
            name === ALLOW_ORIGIN && value === origin ? [name] : [name, value],
          ),
        ),
      );
      return [method, [...alike.values()].flatMap((group) => group.slice(0, 2).map(({ copy }) => copy))];
    }),
  );
}

/**
 * Where pages get more or less than the bucket gives them, because a cache answers with a copy that was stored for another
 * origin. What they get of a copy of their own is compared elsewhere.
 */
export function copyDirections(
  copies: Copies,
  { witness }: Pick<OriginClass, 'witness'>,
  method: string,
  { bucket, deployed, answer }: { bucket: Answering; deployed: Answering; answer: Deployed['answer'] },
): readonly Direction[] {
  const found = new Set<Direction>();
  for (const credentials of [false, true]) {
    const page = { origin: witness, method, headers: [], credentials };
    const [asked, own] = [pageVerdict(bucket, page), pageVerdict(deployed, page)];
    for (const copy of copies.get(method) ?? []) {
      const seen = pageVerdict(
        (request) => (request.method === 'OPTIONS' ? deployed(request) : answer(request, copy)),
        page,
      );
      if (getsMore(seen, asked) && getsMore(seen, own)) found.add('wider');
      if (getsMore(asked, seen) && getsMore(own, seen)) found.add('narrower');
    }
  }
  return [...found];
}

/** Whether a page gets anything by one verdict that it does not get by the other. */
function getsMore(one: PageVerdict, other: PageVerdict): boolean {
  if (!one.passes || !other.passes) return one.passes;
  if (other.readable.includes('*')) return false;
  return one.readable.some((name) => !other.readable.includes(name) && !ALWAYS_READABLE.includes(name));
}
