import type { Answered, Transcript } from '../transcript.ts';
import { CDNS } from './cdns.ts';
import type { Layer } from './layer.ts';
import { EDGE, PROXIES } from './proxies.ts';
import { OSS, OTHER_STORES, S3 } from './stores.ts';

/** A store, CDN or proxy, and the header line that says so. */
export interface Recognised {
  readonly layer: Layer;
  readonly line: string;
}

/** The special names first: other stores also send the request id of S3. */
const ALL: readonly Layer[] = [OSS, ...OTHER_STORES, S3, ...CDNS, ...PROXIES, EDGE];

/** What answered, by the headers of all answers: at most one store, and every CDN and proxy. */
export function layersOf(transcript: Transcript): readonly Recognised[] {
  const answered = transcript.filter((one): one is Answered => one.received !== null);
  const found = ALL.flatMap((layer) => {
    const line = lineOf(layer, answered);
    return line === null ? [] : [{ layer, line }];
  });
  const store = found.find(({ layer }) => layer.kind === 'store');
  const names = new Set(found.map(({ layer }) => layer.name));
  return found.filter(
    (one) =>
      (one.layer.kind !== 'store' || one === store) &&
      !PART_OF.some(([part, whole]) => one.layer.name === part && names.has(whole)),
  );
}

/** CDNs that are made of a proxy whose name they also send. */
const PART_OF = [
  ['Varnish', 'Fastly'],
  ['nginx', 'Alibaba Cloud CDN'],
  ['nginx', 'Alibaba Cloud ESA'],
] as const;

function lineOf({ signs, page }: Layer, answered: readonly Answered[]): string | null {
  for (const { received } of answered) {
    for (const [name, value] of received.headers) {
      const lower = name.toLowerCase();
      if (signs.some((sign) => sign.name === lower && (sign.value?.test(value) ?? true)))
        return `${name}: ${value}`;
    }
    const found = page?.exec(received.body)?.[0];
    if (found !== undefined) return `the error page says "${found}"`;
  }
  return null;
}
