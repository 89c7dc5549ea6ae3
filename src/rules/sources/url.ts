import { causeOf } from '../../bucket/cause.ts';
import {
  type Answer,
  type Ask,
  type Loaded,
  loadedFrom,
  MAX_DOCUMENT_BYTES,
  type Source,
} from '../source.ts';
import { conditions, unlessUnchanged } from './conditional.ts';
import type { KindRow, Token } from './kind.ts';

export const urlKind: KindRow<{ readonly kind: 'url'; readonly url: string }> = {
  parse: (text) => {
    if (!/^https?:/i.test(text) || !URL.canParse(text)) return null;
    const { username, password } = new URL(text);
    if (username === '' && password === '') return { value: { kind: 'url', url: text } };
    return { reason: 'contains a user name or password', write: 'the URL without the part before the @' };
  },
  open: ({ url }, { read, token }) =>
    urlSource(url, ({ headers, ...limits }) => read(url, headers, limits), token),
  tokenUrl: ({ url }) => url,
};

/** A token as a header field value. A longer text is probably another file, named by mistake. */
const BEARER = /^[\x21-\x7e]{1,8192}$/;

/**
 * Rules published as a document at a URL. It is read strictly, as it was written for this purpose. `ask` must send the
 * headers to that URL only and not follow redirects: the token is among them.
 */
export const urlSource = (url: string, ask: Ask, token?: Token): Source => {
  const name = withoutQuery(url);
  return {
    kind: 'url',
    name,
    load: async (signal, previous) => {
      const bearer = token === undefined ? '' : await bearerOf(token);
      if (bearer instanceof Error) return unusable(name, bearer);
      const headers = [
        ...conditions(previous),
        ...(bearer === '' ? [] : ['Authorization', `Bearer ${bearer}`]),
      ];
      const answer = await ask({ headers, maxBytes: MAX_DOCUMENT_BYTES, signal }).catch((error) => {
        throw withoutSecrets(error, [
          [new URL(url).href, name],
          [url, name],
          [bearer, '(token)'],
        ]);
      });
      return unlessUnchanged(answer, previous, () => interpret(answer, name, bearer));
    },
  };
};

function interpret(answer: Answer, name: string, bearer: string): Loaded {
  if (answer.status !== 200) return refused(name, answer.status, bearer !== '');
  // Faults and warnings quote the document (promise 7).
  if (repeats(answer, bearer)) {
    const cause = `${name} answered with the token that was sent to it`;
    return {
      outcome: 'unknown',
      cause,
      cure: 'Check what answers at that address. The answer was not read, as logs would show the token.',
    };
  }
  return loadedFrom(answer.text, 'strict', `Correct the document at ${name}.`);
}

/** The token, or an error that says why it is unusable. The thrown error's message may contain the token. */
async function bearerOf(token: Token): Promise<string | Error> {
  try {
    const bearer = (await token()).trim();
    if (/^(["']).*\1$/.test(bearer)) return new Error('has quotes around it');
    return BEARER.test(bearer)
      ? bearer
      : new Error('is empty, too long or has a character that no header can carry');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return new Error(/^[A-Z][A-Z0-9_]{1,39}$/.test(code) ? `can't be read: ${code}` : "can't be read");
  }
}

const unusable = (name: string, { message }: Error): Loaded => ({
  outcome: 'unknown',
  cause: `the token for ${name} ${message}`,
  cure: 'Give the bearer token alone, in one line of ASCII.',
});

function refused(name: string, status: number, withToken: boolean): Loaded {
  const cause = `${name} answered ${status}`;
  if (status !== 401 && status !== 403) {
    const cure = 'Make the document readable there with status 200; redirects are not followed.';
    return { outcome: 'unknown', cause, cure };
  }
  const cure = withToken
    ? 'Check that the token is valid and may read the document.'
    : 'The document cannot be read without a token.';
  return { outcome: 'unknown', cause, cure };
}

const repeats = ({ text, headers }: Answer, bearer: string): boolean =>
  bearer !== '' &&
  [text, headers.get('etag'), headers.get('last-modified')].some((value) => value?.includes(bearer));

/** A query may contain a signature or a token, which must not reach a log (promise 7). */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** Some messages of `fetch` quote the whole URL and header values. */
const withoutSecrets = (
  error: unknown,
  secrets: readonly (readonly [secret: string, shown: string])[],
): Error =>
  new Error(
    causeOf(error, (text) =>
      secrets.reduce(
        (shownText, [secret, shown]) => (secret === '' ? shownText : shownText.replaceAll(secret, shown)),
        text,
      ),
    ),
  );
