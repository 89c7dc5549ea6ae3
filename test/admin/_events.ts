import { until } from '../helpers/until.ts';

/** Server-sent events of an admin port, read by a client of its own. */
export interface EventsRead {
  readonly status: number;
  readonly type: string | null;
  /** All that has arrived. */
  readonly all: readonly { readonly event: string; readonly data: unknown }[];
  /** The next event of a name after those that were returned. */
  next(event: string): Promise<unknown>;
  /** Resolves when the other side has ended the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Opens the stream of events of an admin port. */
export async function readEvents(
  adminUrl: string,
  headers: Record<string, string> = {},
): Promise<EventsRead> {
  const leaving = new AbortController();
  const answer = await fetch(`${adminUrl}/events`, { signal: leaving.signal, headers });
  const all: { event: string; data: unknown }[] = [];
  const taken = new Set<unknown>();
  const ended = readAll(answer, all).catch(() => {});
  return {
    status: answer.status,
    type: answer.headers.get('Content-Type'),
    all,
    ended,
    async next(event) {
      const found = () => all.find((one) => one.event === event && !taken.has(one));
      await until(`an event ${event}`, () => found() !== undefined);
      const one = found();
      taken.add(one);
      return one?.data;
    },
    close: () => leaving.abort(),
  };
}

async function readAll(answer: Response, all: { event: string; data: unknown }[]): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of answer.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
      if (event !== undefined && data !== undefined) all.push({ event, data: JSON.parse(data) });
      text = text.slice(end + 2);
    }
  }
}
