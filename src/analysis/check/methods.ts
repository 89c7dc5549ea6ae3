import type { CompiledRule } from '../../cors/compile.ts';
import { type Checks, type Context, type Draft, numbered } from './context.ts';

/** The checks of methods, and of what belongs to them. */
export const METHOD_CHECKS: Checks<'BC203' | 'BC204' | 'BC205' | 'BC206'> = {
  BC203: uploadWithoutETag,
  BC204: getWithoutHead,
  BC205: ageAboveLimits,
  BC206: noAge,
};

/** A page that uploads in parts sends the ETag of each part at the end (CompleteMultipartUpload). */
function* uploadWithoutETag(context: Context): Generator<Draft> {
  for (const [rule, number] of numbered(context)) {
    const upload = rule.allowedMethods.find((method) => method === 'PUT' || method === 'POST');
    if (upload === undefined || rule.exposeHeaders.some((name) => name.toLowerCase() === 'etag')) continue;
    yield {
      rule: number,
      field: 'exposeHeaders',
      reason: `lacks ETag although the rule allows ${upload}: a page cannot read it, and an upload in parts fails at its end`,
      write: 'ETag',
      rewritten: { ...rule, exposeHeaders: [...rule.exposeHeaders, 'ETag'] },
    };
  }
}

/** Only where no later rule answers HEAD of the same origins. */
function* getWithoutHead(context: Context): Generator<Draft> {
  const lacking = rulesWithoutHead(context);
  for (const [rule, number] of numbered(context)) {
    if (!lacking.has(number)) continue;
    yield {
      rule: number,
      field: 'allowedMethods',
      reason:
        'lists GET without HEAD, and GET does not imply HEAD: players and downloads ask for the size first',
      write: 'HEAD beside GET',
      rewritten: {
        ...rule,
        allowedMethods: rule.allowedMethods.flatMap((method) =>
          method === 'GET' ? ['GET', 'HEAD'] : [method],
        ),
      },
    };
  }
}

/** Numbers of the rules that decide GET of some origin whose HEAD no rule decides. */
function rulesWithoutHead({ compiled, model, modelled }: Context): ReadonlySet<number> {
  const lacking = new Set<number>();
  const isCandidate = ({ methods }: CompiledRule) => methods.has('GET') && !methods.has('HEAD');
  if (!compiled.rules.some(isCandidate)) return lacking;
  const set = modelled();
  model().origins.forEach((_, origin) => {
    const [get] = set?.listing(origin, 'GET') ?? [];
    if (get !== undefined && isCandidate(get) && set?.listing(origin, 'HEAD').length === 0)
      lacking.add(get.number);
  });
  return lacking;
}

/** Seconds: the most that any browser caches a preflight, Firefox; Chromium 7200, WebKit 600 (semantics.md §8). */
const MOST = 86_400;
/** Seconds that every browser caches. */
const COMMON = 600;

function* ageAboveLimits(context: Context): Generator<Draft> {
  for (const [rule, number] of numbered(context)) {
    if ((rule.maxAgeSeconds ?? 0) <= MOST) continue;
    yield {
      rule: number,
      field: 'maxAgeSeconds',
      value: String(rule.maxAgeSeconds),
      reason: `is above what browsers cache: Firefox ${MOST}, Chromium 7200, Safari 600 seconds`,
      write: String(MOST),
      rewritten: { ...rule, maxAgeSeconds: MOST },
    };
  }
}

function* noAge(context: Context): Generator<Draft> {
  for (const [rule, number] of numbered(context)) {
    if (rule.maxAgeSeconds !== 0) continue;
    yield {
      rule: number,
      field: 'maxAgeSeconds',
      value: '0',
      reason: 'makes browsers send a preflight before each request',
      write: `${COMMON}, which all browsers take`,
      rewritten: { ...rule, maxAgeSeconds: COMMON },
    };
  }
}
