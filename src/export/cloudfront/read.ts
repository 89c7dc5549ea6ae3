import type { Behaviour } from '../../cors/behaviour.ts';
import type { Facts } from '../../cors/decide.ts';
import * as names from '../../cors/names.ts';
import { isOneOrigin } from '../../cors/origin.ts';
import { METHODS, type Method } from '../../cors/rule.ts';
import { type Fields, isFields } from '../../document/fields.ts';
import { readExported } from '../exported.ts';
import type { Outcome } from '../outcome.ts';
import type { ReadBack, Target } from '../target.ts';

/** What a response headers policy says about CORS. */
interface Policy {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly expose: readonly string[];
  readonly maxAge: number | null;
  readonly credentials: boolean;
  /** The policy's headers take the place of the bucket's; else they are added where the bucket has none. */
  readonly overrides: boolean;
  /** Headers of the bucket that the policy removes, in lower case. */
  readonly removed: readonly string[];
}

/** Reads a function or Terraform file that an export wrote, or a response headers policy as the CLI prints it. */
export function readCloudFront(target: Pick<Target, 'name' | 'compile'>, text: string): ReadBack {
  const config = policyIn(text);
  return config === null ? readExported(target, text) : readPolicy(config);
}

/** The configuration in the answer to `get-response-headers-policy`, in that to `create-…`, or alone. */
function policyIn(text: string): Fields | null {
  if (!text.trimStart().startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    const policy = fieldOf(value, 'ResponseHeadersPolicy') ?? value;
    const config = fieldOf(policy, 'ResponseHeadersPolicyConfig') ?? policy;
    return isFields(config) ? config : null;
  } catch {
    return null;
  }
}

const fieldOf = (value: unknown, name: string): unknown => (isFields(value) ? value[name] : undefined);

const itemsOf = (value: unknown): readonly string[] => {
  const items = fieldOf(value, 'Items');
  return Array.isArray(items) ? items.filter((item) => typeof item === 'string') : [];
};

const removedBy = (config: unknown): readonly string[] => {
  const items = fieldOf(config, 'Items');
  return (Array.isArray(items) ? items : []).map((item) => String(fieldOf(item, 'Header')).toLowerCase());
};

function readPolicy(config: Fields): ReadBack {
  // The function writes all other answers: compared with the rules, the policy alone would always differ.
  if (typeof config.Comment === 'string' && /^bucket-cors \S+ export cloudfront$/.test(config.Comment)) {
    const fault = {
      place: 'FILE',
      reason: 'is the policy of an export, which is for answers of 400 and more',
      write:
        'the function of the export, in which its rules are: aws cloudfront get-function --name … OUTFILE',
    };
    return { ok: false, faults: [fault] };
  }
  const cors = config.CorsConfig;
  if (!isFields(cors)) {
    const fault = {
      place: 'CorsConfig',
      reason: 'is missing',
      write: 'a response headers policy with CORS headers, or the function that an export wrote',
    };
    return { ok: false, faults: [fault] };
  }
  const policy: Policy = {
    origins: itemsOf(cors.AccessControlAllowOrigins),
    methods: itemsOf(cors.AccessControlAllowMethods).flatMap((one) => (one === 'ALL' ? ALL : [one])),
    headers: itemsOf(cors.AccessControlAllowHeaders),
    expose: itemsOf(cors.AccessControlExposeHeaders),
    maxAge: typeof cors.AccessControlMaxAgeSec === 'number' ? cors.AccessControlMaxAgeSec : null,
    credentials: cors.AccessControlAllowCredentials === true,
    overrides: cors.OriginOverride === true,
    removed: removedBy(config.RemoveHeadersConfig),
  };
  return {
    ok: true,
    value: {
      name: `the response headers policy ${typeof config.Name === 'string' ? config.Name : ''}`.trimEnd(),
      rules: { rules: rulesOf(policy), responseVary: false },
      behaviour: BEHAVIOUR,
      isExact: false,
      answer: (request, bucket) => answerOf(policy, request, bucket),
      isEdited: false,
      notes: [ASSUMED, ...(cors.OriginOverride === true ? [] : [BESIDE])],
    },
  };
}

const ALL = ['GET', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const BEHAVIOUR: Behaviour = { dialect: 's3', vary: 'safe', dangerouslyAllowCredentials: false };
const ASSUMED =
  'The status of a preflight is taken to be that of the bucket. A function may answer preflights, and write other headers.';
const BESIDE =
  'OriginOverride is false: where the bucket sends CORS headers of its own, those count. It does if it gets the Origin.';

/** One rule whose entries divide origins and header names as the policy does. */
const rulesOf = ({ origins, methods, headers, expose }: Policy) =>
  origins.length === 0
    ? []
    : [
        {
          allowedOrigins: origins.map((entry) =>
            entry === '*' || entry.includes('://') ? entry : entryOf(entry),
          ),
          allowedMethods: METHODS.filter((method): method is Method => methods.includes(method)),
          allowedHeaders: headers,
          exposeHeaders: expose.filter((name) => name !== '*'),
        },
      ];

/** An entry without a scheme stands for both. A rule has one `*`: that of the scheme, or that of the domain. */
const entryOf = (entry: string): string => (entry.startsWith('*') ? entry : `*://${entry}`);

/** `*.example.org` matches one more label or several, at any scheme; whether at any port is not documented. */
function matches(entry: string, origin: string): boolean {
  if (entry === '*' || entry === origin) return true;
  const host = entry.includes('://')
    ? entry
    : origin.replace(/^https?:\/\/.*/, (all) => all.slice(0, all.indexOf('://') + 3)) + entry;
  const star = host.indexOf('*');
  if (star === -1) return host === origin;
  const [before, after] = [host.slice(0, star), host.slice(star + 1)];
  return origin.length > before.length + after.length && origin.startsWith(before) && origin.endsWith(after);
}

/**
 * The documented semantics: an origin of the list is named, the lists are sent in preflights; the bucket's own headers are
 * replaced, or count where it has any
 * (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html).
 */
function answerOf(
  policy: Policy,
  request: Facts,
  { status, headers }: Outcome = { status: request.method === 'OPTIONS' ? 200 : null, headers: [] },
): Outcome {
  const own = headers.filter(([name]) => !policy.removed.includes(name.toLowerCase()));
  const hasOwn = own.some(([name]) => name.toLowerCase().startsWith(names.CORS_PREFIX));
  if (hasOwn && !policy.overrides) return { status, headers: own };
  const written = writtenBy(policy, request);
  const replaced = new Set(written.map(([name]) => name.toLowerCase()));
  return { status, headers: [...own.filter(([name]) => !replaced.has(name.toLowerCase())), ...written] };
}

function writtenBy(policy: Policy, { method, origin }: Facts): Outcome['headers'] {
  const { origins, methods, headers, expose, maxAge, credentials } = policy;
  if (!origin || !isOneOrigin(origin) || !origins.some((entry) => matches(entry, origin))) return [];
  const pairs: [string, string][] = [[names.ALLOW_ORIGIN, origins.includes('*') ? '*' : origin]];
  if (credentials) pairs.push([names.ALLOW_CREDENTIALS, 'true']);
  if (expose.length > 0) pairs.push([names.EXPOSE_HEADERS, expose.join(', ')]);
  if (method === 'OPTIONS') {
    pairs.push([names.ALLOW_METHODS, methods.join(', ')], [names.ALLOW_HEADERS, headers.join(', ')]);
    if (maxAge !== null) pairs.push([names.MAX_AGE, String(maxAge)]);
  }
  return pairs;
}
