import { DEFAULT_MAX_AGE, list, originsText, unusualNote } from '../../analysis/sentence.ts';
import { MAX_AGE } from '../../cors/names.ts';
import { excerpt } from '../../document/raw.ts';
import type { Audited, AuditFinding } from '../../export/audit/finding.ts';
import { visible } from '../formats/paint.ts';

/** What a sentence calls the deployed configuration; other targets have names that are read as they are. */
const SUBJECTS: Readonly<Record<string, string>> = {
  'alibaba-cdn': 'Alibaba CDN',
  'alibaba-esa': 'Alibaba ESA',
  cloudfront: 'CloudFront',
  cloudflare: 'Cloudflare',
  haproxy: 'HAProxy',
  varnish: 'Varnish',
  caddy: 'Caddy',
  apache: 'Apache',
  'gateway-api': 'the gateway',
  rules: 'the copy',
};

export const subjectOf = (target: string): string => SUBJECTS[target] ?? target;

/** One difference in one sentence, by witness: `the CDN allows https://x to PUT, the bucket does not`. */
export function findingSentence(finding: AuditFinding, subject: string): string {
  const origins = finding.origins.map(({ origin, entry, isUsual }) => ({
    origin: excerpt(origin),
    entry: excerpt(entry),
    isUsual,
  }));
  return visible(`${bodyOf({ ...finding, origins }, subject)}${unusualNote(origins)}`);
}

function bodyOf({ direction, audited, origins, methods }: AuditFinding, subject: string): string {
  const pages = originsText(origins);
  const sent = list(methods);
  const isWider = direction === 'wider';
  const [allows, other] = isWider ? [subject, 'the bucket'] : ['the bucket', subject];
  switch (audited.kind) {
    case 'method':
      return `${allows} allows ${pages} to ${sent}, ${other} does not`;
    case 'sent':
      return `${allows} allows the preflights of ${pages} for ${sent}, so that browsers send the requests, though scripts read no answer; ${other} refuses them`;
    case 'headers':
      return `${allows} allows ${pages} to send ${headersText(audited)} with ${sent}, ${other} does not`;
    case 'exposed':
      return `scripts at ${pages} ${isWider ? 'can' : 'cannot'} read ${namesText(audited.names)} in answers to ${sent} from ${subject}, by the bucket's rules they ${isWider ? 'cannot' : 'can'}`;
    case 'credentials':
      return `${allows} allows ${pages} to send cookies with ${sent}, ${other} does not`;
    case 'answer':
      return answerText(audited, pages, sent, subject);
    case 'cached':
      return `answers to ${sent} from the cache of ${subject} are those of another origin, and let scripts at ${pages} read ${isWider ? 'more' : 'less'} than the bucket lets them`;
    case 'vary':
      return varyText(audited.deployed, methods, subject);
  }
}

/** `*` in place of a name: any, or any other than those that both allow. */
function headersText({ names, together }: Extract<Audited, { kind: 'headers' }>): string {
  if (names.includes('*')) return 'request headers that are not listed';
  return `${namesText(names)}${together && names.length > 1 ? ' together' : ''}`;
}

const namesText = (names: readonly string[]): string =>
  names.includes('*') ? 'every header' : list(names.map((name) => excerpt(name)));

function answerText(
  { request, name, bucket, deployed }: Extract<Audited, { kind: 'answer' }>,
  pages: string,
  methods: string,
  subject: string,
): string {
  if (name === MAX_AGE)
    return `browsers cache preflights of ${pages} for ${methods} for ${seconds(deployed)} by ${subject}, for ${seconds(bucket)} by the bucket`;
  const what = request === 'preflight' ? 'preflights' : 'requests';
  const having = (value: string | null) => (value === null ? 'without it' : `with ${excerpt(value)}`);
  return `${what} of ${pages} for ${methods} are answered ${deployed === null ? `without ${name}` : `with ${name}: ${excerpt(deployed)}`} by ${subject}, ${having(bucket)} by the bucket`;
}

const seconds = (value: string | null): string => {
  const text = value ?? DEFAULT_MAX_AGE;
  return `${excerpt(text)} ${text === '1' ? 'second' : 'seconds'}${value === null ? ', their default,' : ''}`;
};

function varyText(isDeployed: boolean, methods: readonly string[], subject: string): string {
  if (isDeployed)
    return `every answer of ${subject} has Vary: Origin, one of the bucket only where it depends on the origin`;
  return methods.length === 0
    ? `every answer of the bucket has Vary: Origin, one of ${subject} only where it depends on the origin`
    : `answers of ${subject} to ${list(methods)} lack Vary: Origin, so that caches serve one origin the answer to another`;
}
