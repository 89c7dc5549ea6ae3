import { causeOf } from '../../bucket/cause.ts';
import { loadedFrom, MAX_DOCUMENT_BYTES } from '../read.ts';
import type { Answer, Ask, Loaded, Source } from '../source.ts';
import { conditions, unlessUnchanged } from './conditional.ts';
import type { KindRow } from './kind.ts';

export const urlKind: KindRow<{ readonly kind: 'url'; readonly url: string }> = {
  parse: (text) => {
    if (!/^https?:/i.test(text) || !URL.canParse(text)) return null;
    const { username, password } = new URL(text);
    if (username === '' && password === '') return { value: { kind: 'url', url: text } };
    return { reason: 'carries a user name or password', write: 'the URL without what stands before the @' };
  },
  tokenUrl: ({ url }) => url,
};

/** Gives a bearer token; asked at each load, so that a token may change while the edge runs. */
export type Token = () => string | Promise<string>;

/** What a header can carry as a token, whoever makes tokens; a longer one is a file named by mistake. */
const BEARER = /^[\x21-\x7e]{1,8192}$/;

/**
 * Rules published as a document at a URL; read strictly, since somebody wrote them there for this purpose. `ask`
 * must send the headers it is given to that URL and nowhere else: a redirect is an answer like any other.
 */
export const urlSource = (url: string, ask: Ask, token?: Token): Source => {
  const name = withoutQuery(url);
  return {
    kind: 'url',
    name,
    load: async (signal, previous) => {
      const bearer = token === undefined ? '' : await given(token);
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
  // What stands in a document is shown in faults and warnings.
  if (repeats(answer, bearer)) {
    const cause = `${name} answered with the token that was sent to it`;
    return { outcome: 'unknown', cause, cure: 'Look at what answers there: such an answer is not read.' };
  }
  return loadedFrom(answer.text, 'strict', `Mend the document at ${name}.`);
}

/** The token, or why there is none; an error's own message might tell it. */
async function given(token: Token): Promise<string | Error> {
  try {
    const bearer = (await token()).trim();
    if (/^(["']).*\1$/.test(bearer)) return new Error('has quotes around it');
    return BEARER.test(bearer) ? bearer : new Error('is empty, too long or holds what no header can carry');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return new Error(/^[A-Z][A-Z0-9_]{1,39}$/.test(code) ? `can't be had: ${code}` : "can't be had");
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
    ? 'Check that the token is valid and may read it.'
    : 'It may not be read without a token.';
  return { outcome: 'unknown', cause, cure };
}

const repeats = ({ text, headers }: Answer, bearer: string): boolean =>
  bearer !== '' &&
  [text, headers.get('etag'), headers.get('last-modified')].some((said) => said?.includes(bearer));

/** A query may carry a signature or a token: it never reaches a log (promise 7). */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** `fetch` tells the whole URL, and values of headers, in some of its messages. */
const withoutSecrets = (
  error: unknown,
  secrets: readonly (readonly [secret: string, shown: string])[],
): Error =>
  new Error(
    causeOf(error, (text) =>
      secrets.reduce(
        (said, [secret, shown]) => (secret === '' ? said : said.replaceAll(secret, shown)),
        text,
      ),
    ),
  );
