import type { Rule } from '../../cors/rule.ts';
import { isForbidden } from '../browser/safelist.ts';
import type { Checks, Context, Draft } from './context.ts';
import { numbered } from './context.ts';

/** The checks of header names, and of credentials. */
export const HEADERS: Checks<'BC201' | 'BC202' | 'BC207'> = {
  BC201: responseNames,
  BC202: needlessNames,
  BC207: credentialsForEveryOrigin,
};

/** Names that only responses carry (RFC 9110; the stores' API references; Fetch standard, "HTTP extensions"). */
const RESPONSE_NAMES =
  /^(?:etag|accept-ranges|age|last-modified|location|server|set-cookie2|vary|www-authenticate|content-range|x-(?:oss|amz)-request-id|x-amz-id-2|x-oss-(?:server-time|hash-crc64ecma|object-type)|access-control-(?:allow|expose)-[a-z-]+|access-control-max-age)$/;

function* responseNames(context: Context): Generator<Draft> {
  const isWrong = (name: string, rule: Rule) =>
    RESPONSE_NAMES.test(name.toLowerCase()) &&
    // A resumable upload to Google Cloud Storage sends Content-Range with PUT.
    !(name.toLowerCase() === 'content-range' && rule.allowedMethods.includes('PUT'));
  for (const [rule, number] of numbered(context)) {
    if (hasOneList(context, number, rule)) continue;
    const wrong = new Set(rule.allowedHeaders.filter((name) => isWrong(name, rule)));
    const rewritten = movedToExposed(rule, wrong);
    for (const [index, value] of rule.allowedHeaders.entries())
      if (wrong.has(value))
        yield {
          rule: number,
          field: 'allowedHeaders',
          index,
          value,
          reason: 'is a response header, and AllowedHeader lists request headers',
          write: isCorsName(value)
            ? 'the list without it: the answers carry it by themselves'
            : `ExposeHeader ${value}`,
          rewritten,
        };
  }
}

const isCorsName = (name: string): boolean => /^access-control-/i.test(name);

/** In a form with one list, the list names request and response headers alike. */
function hasOneList({ placeOf }: Context, number: number, { allowedHeaders, exposeHeaders }: Rule): boolean {
  return (
    exposeHeaders.length > 0 &&
    exposeHeaders.join() === allowedHeaders.filter((name) => !name.includes('*')).join() &&
    placeOf(number, 'allowedHeaders', 1) === placeOf(number, 'exposeHeaders', 1)
  );
}

function movedToExposed(rule: Rule, wrong: ReadonlySet<string>): Rule {
  const exposed = new Set(rule.exposeHeaders.map((name) => name.toLowerCase()));
  const added = [...wrong].filter((name) => !isCorsName(name) && !exposed.has(name.toLowerCase()));
  return {
    ...rule,
    allowedHeaders: rule.allowedHeaders.filter((name) => !wrong.has(name)),
    exposeHeaders: [...rule.exposeHeaders, ...added],
  };
}

/** Fetch standard, "CORS-safelisted request-header". Content-Type and Range are so for some values only. */
const isSafelisted = (name: string): boolean => /^(?:accept|accept-language|content-language)$/i.test(name);

/** Whether browsers never ask for this header in a preflight, whatever its value. */
export const isForbiddenName = (name: string): boolean => isForbidden(name.toLowerCase());

function* needlessNames(context: Context): Generator<Draft> {
  for (const [rule, number] of numbered(context)) {
    if (hasOneList(context, number, rule)) continue;
    const without = (isNeedless: (name: string) => boolean): Rule => ({
      ...rule,
      allowedHeaders: rule.allowedHeaders.filter((name) => !isNeedless(name)),
    });
    const [withoutForbidden, withoutSafelisted] = [without(isForbiddenName), without(isSafelisted)];
    for (const [index, value] of rule.allowedHeaders.entries()) {
      const isNeverAsked = isForbiddenName(value);
      if (!isNeverAsked && !isSafelisted(value)) continue;
      yield {
        rule: number,
        field: 'allowedHeaders',
        index,
        value,
        reason: isNeverAsked
          ? 'cannot be set by pages, so no preflight asks for it'
          : 'needs no permission, unless a value has more than 128 bytes or unusual characters',
        write: 'the list without it',
        rewritten: isNeverAsked ? withoutForbidden : withoutSafelisted,
      };
    }
  }
}

/** A rule that lists a header of credentials wants them; a configuration wants them with its option. */
const OF_CREDENTIALS = /^(?:cookie|set-cookie|access-control-allow-credentials)$/i;

function* credentialsForEveryOrigin(context: Context): Generator<Draft> {
  const { behaviour } = context;
  const byOption = behaviour.dialect === 'oss' && behaviour.dangerouslyAllowCredentials;
  for (const [rule, number] of numbered(context)) {
    const named = [...rule.allowedHeaders, ...rule.exposeHeaders].find((name) => OF_CREDENTIALS.test(name));
    if (!rule.allowedOrigins.includes('*') || (named === undefined && !byOption)) continue;
    const asked = named === undefined ? 'credentials are switched on' : `the rule lists ${named}`;
    yield {
      rule: number,
      field: 'allowedOrigins',
      index: rule.allowedOrigins.indexOf('*'),
      value: '*',
      reason: `takes no credentials although ${asked}: browsers refuse an answer for * to a page that sends cookies`,
      write: 'the origins whose pages send cookies, by their names, in a rule before this one',
    };
  }
}
