import { EXPOSE_HEADERS } from '../../cors/names.ts';
import { type Case, judgePreflight, judgeRead, readable } from '../case.ts';
import { evidenceOf } from '../evidence.ts';
import { storeOf, writerFault } from '../fault.ts';
import type { Kind } from '../finding.ts';
import { isRead } from '../question.ts';
import { type Answered, headerOf, isRedirect } from '../transcript.ts';

/** Response headers that scripts often read. */
const OFTEN_READ = ['etag', 'content-range', 'accept-ranges'] as const;

/** The headers that an answer has and that scripts cannot read. */
function hidden(one: Case, answered: Answered, names: readonly string[]): readonly string[] {
  const { readable: seen } = judgeRead(one, answered);
  return names.filter((name) => headerOf(answered, name) !== null && seen !== '*' && !seen.includes(name));
}

/** The preflight of a store lists what its rule exposes (semantics.md §3); others list it with the answer itself only. */
function exposesEtag(one: Case): Answered | null {
  const preflight = one.at('preflight');
  const store = storeOf(one)?.layer.name;
  if (preflight === null || judgePreflight(one)?.passes !== true) return null;
  const list = headerOf(preflight, EXPOSE_HEADERS);
  if (list === null && store !== 'OSS' && store !== 'S3') return null;
  const names = (list ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const all = names.includes('*') && !one.question.credentials;
  return names.includes('etag') || all ? null : preflight;
}

export const EXPOSURE = {
  etag_hidden: {
    severity: 'warning',
    title: 'An upload cannot read its ETag',
    meaning:
      'The SDKs of OSS and S3 read the ETag of each part: a multipart upload fails at its end, after all bytes were sent.',
    cure: 'Add ETag to ExposeHeader of the rule that lists PUT.',
    topic: 'expose',
    find: (one) => {
      const { method } = one.question;
      const preflight = method === 'PUT' || method === 'POST' ? exposesEtag(one) : null;
      if (preflight === null) return null;
      return {
        evidence: [evidenceOf(preflight, [EXPOSE_HEADERS])],
        fault: {
          of: 'rules',
          name: "the bucket's rules",
          because: 'The rule that allows the upload exposes no ETag.',
        },
      };
    },
  },
  headers_hidden: {
    severity: 'note',
    title: 'Scripts cannot read headers that the answer has',
    meaning:
      'response.headers.get(…) gives null for them. Readers of parts need Content-Range and Accept-Ranges, and programs that compare versions ETag.',
    cure: 'Add the names to ExposeHeader of the rule, if the page reads them.',
    topic: 'expose',
    find: (one) => {
      const answered = readable(one);
      if (!isRead(one.question) || answered === null || isRedirect(answered)) return null;
      const range = one.at('range');
      const names = new Set([
        ...hidden(one, answered, OFTEN_READ),
        ...(range?.received.status === 206 && judgeRead(one, range).passes
          ? hidden(one, range, OFTEN_READ)
          : []),
      ]);
      if (names.size === 0) return null;
      return {
        evidence: [
          evidenceOf(range?.received.status === 206 ? range : answered, [EXPOSE_HEADERS], OFTEN_READ),
        ],
        fault: writerFault(one, 'It exposes what its rule lists'),
        detail: `They are ${[...names].join(', ')}.`,
      };
    },
  },
  expose_wildcard_with_credentials: {
    severity: 'warning',
    title: 'Access-Control-Expose-Headers is *, and the page sends cookies',
    meaning:
      'With credentials: "include" * is a literal: scripts read only the headers that every script can read.',
    cure: 'Name the headers in Access-Control-Expose-Headers.',
    topic: 'expose',
    find: (one) => {
      const answered = readable(one);
      if (!one.question.credentials || answered === null) return null;
      if (!(headerOf(answered, EXPOSE_HEADERS) ?? '').split(',').some((name) => name.trim() === '*'))
        return null;
      return { evidence: [evidenceOf(answered)], fault: writerFault(one, 'It writes * in place of names') };
    },
  },
} as const satisfies Readonly<Record<string, Kind>>;
