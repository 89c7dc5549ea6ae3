import { askedNames, sentMethod } from '../../analysis/browser/safelist.ts';
import { requestedNames } from '../../cors/decide.ts';
import { sentInstead } from '../../cors/near-origin.ts';
import { type Fault, type Result, resultOf } from '../../document/fault.ts';
import { readCurl } from '../../requests/curl.ts';
import { readHar } from '../../requests/har.ts';
import { type CopiedRequest, isSameOrigin, type Recorded } from '../../requests/request.ts';
import type { Arguments } from '../command.ts';
import { shown } from './lines.ts';
import type { Texts } from './texts.ts';

/** One page's request to explain. */
export interface Asked {
  readonly origin: string;
  readonly method: string;
  /** What a preflight asks for. */
  readonly headers: readonly string[];
  /** Names in a copied request that browsers add themselves. */
  readonly added: readonly string[];
  readonly path: string;
  /** Null if only the path is known. */
  readonly url: string | null;
  readonly credentials: boolean;
  readonly times: number;
  /** Whether the request comes from a recording, which may leave out cookies. */
  readonly isRecorded: boolean;
  /** Null without a recorded answer. */
  readonly recorded: { readonly preflight: Recorded | null; readonly answer: Recorded | null } | null;
}

/** The requests of one call, and how many a recording has besides. */
export interface Questions {
  readonly asked: readonly Asked[];
  readonly left: number;
}

/** Reads what to explain. A flag counts more than what a copied request says. */
export function readQuestions(args: Arguments, { curl, har }: Texts): Result<Questions> {
  const names = requestedNames(args.value('headers'));
  if (!names.every((name) => HEADER_NAME.test(name))) return { ok: false, faults: [NOT_NAMES] };
  if (har !== null) {
    const read = readHar(har.text, har.place, args.value('url'));
    if (!read.ok) return read;
    const asked = read.value.requests.map((one) => ({
      copied: one,
      times: one.times,
      isRecorded: true,
      recorded: one.answer === null && one.preflight === null ? null : one,
    }));
    return collected(args, asked, read.value.left);
  }
  if (curl !== null) {
    const read = readCurl(curl);
    return read.ok ? collected(args, [{ copied: read.value, ...ONCE }], 0) : read;
  }
  return collected(args, [{ copied: NOTHING, ...ONCE }], 0);
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** Without the value, which may be a token. */
const NOT_NAMES: Fault = {
  place: '--headers',
  reason: 'is not a list of header names',
  write: 'names without values, with commas between, such as content-type,authorization',
};

const NOTHING = {
  origin: null,
  referrer: null,
  method: 'GET',
  url: null,
  asked: [],
  added: [],
  credentials: false,
};

/** A request of flags or of a command. */
const ONCE = { times: 1, isRecorded: false, recorded: null };

interface Copy extends Pick<Asked, 'times' | 'isRecorded' | 'recorded'> {
  readonly copied: Omit<CopiedRequest, 'url'> & { readonly url: string | null };
}

function collected(args: Arguments, copies: readonly Copy[], left: number): Result<Questions> {
  const faults: Fault[] = [];
  const asked = copies.flatMap((copy) => {
    const read = askedBy(args, copy);
    if (read.ok) return [read.value];
    faults.push(...read.faults);
    return [];
  });
  return resultOf({ asked, left }, faults);
}

function askedBy(args: Arguments, { copied, times, isRecorded, recorded }: Copy): Result<Asked> {
  const origin = args.value('origin') ?? copied.origin;
  const place =
    args.value('origin') === null && copied.origin !== null ? 'the Origin of the request' : '--origin';
  const fault = originFault(origin, place, copied);
  if (fault !== null || origin === null) return { ok: false, faults: fault === null ? [] : [fault] };
  const { url } = copied;
  const own = askedNames(requestedNames(args.value('headers')).map((name) => [name, null]));
  const path = args.value('path') ?? (url === null ? '/' : new URL(url).pathname);
  return {
    ok: true,
    value: {
      origin,
      method: sentMethod(args.value('method') ?? copied.method),
      headers: [...new Set([...copied.asked, ...own])].sort(),
      added: copied.added.filter((name) => !own.includes(name)),
      // A query may be a signature.
      path: path.replace(/[?#].*$/s, ''),
      url,
      credentials: args.on('credentials') || copied.credentials,
      times,
      isRecorded,
      recorded,
    },
  };
}

function originFault(origin: string | null, place: string, { url, referrer }: Copy['copied']): Fault | null {
  if (!origin) {
    const reason = url === null ? 'is missing' : 'is missing, and the request has no Origin header';
    const example =
      referrer === null
        ? 'https://app.example.com, the origin of the page'
        : `${shown(referrer)}, from its Referer`;
    return { place, reason, write: `--origin ${example}` };
  }
  const instead = sentInstead(origin);
  if (instead !== null) {
    const reason = 'is no origin that browsers send';
    return { place, value: shown(withoutSecrets(origin)), reason, write: instead.origin };
  }
  if (url === null || !isSameOrigin({ origin, url })) return null;
  const reason = 'is the origin of the URL too, and CORS applies to other origins only';
  return { place, value: shown(origin), reason, write: '--origin with the origin of another page' };
}

/** A user, a password or a query may be a secret. */
const withoutSecrets = (value: string): string =>
  value.replace(/([?#]).*$/s, '$1…').replace(/^([^:]*:\/+)?.*@/s, '$1…@');
