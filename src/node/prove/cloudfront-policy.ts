import type { CloudFrontHeaders } from './cloudfront-runtime.ts';

/** What a cache behaviour does without a function. */
export interface CloudFrontPolicy {
  readonly methods: readonly string[];
  /** The response headers policy: first it removes headers, then it adds those for the request's Origin. */
  applyTo(headers: CloudFrontHeaders, origin: string | null): CloudFrontHeaders;
}

interface Items<T = string> {
  readonly Quantity: number;
  readonly Items: readonly T[];
}

interface PolicyFile {
  readonly CorsConfig?: {
    readonly AccessControlAllowOrigins: Items;
    readonly AccessControlAllowMethods: Items;
    readonly AccessControlAllowHeaders: Items;
    readonly AccessControlAllowCredentials: boolean;
    readonly AccessControlExposeHeaders?: Items;
    readonly OriginOverride: boolean;
  };
  readonly RemoveHeadersConfig?: Items<{ readonly Header: string }>;
}

/** Headers that a policy can't remove are not checked: an export removes those of CORS alone. */
export function readPolicyFiles(policyText: string, behaviorText: string): CloudFrontPolicy {
  const { CorsConfig: cors, RemoveHeadersConfig: removed }: PolicyFile = JSON.parse(policyText);
  const behavior: { readonly AllowedMethods: Items } = JSON.parse(behaviorText);
  const names = (removed?.Items ?? []).map(({ Header }) => Header.toLowerCase());
  for (const list of [removed, behavior.AllowedMethods, ...Object.values(cors ?? {})])
    if (typeof list === 'object' && list.Quantity !== list.Items.length) throw new Error('Quantity is wrong');
  if (cors?.AccessControlAllowCredentials && cors.AccessControlAllowOrigins.Items.includes('*'))
    throw new Error('a policy with credentials does not take *');
  return {
    methods: behavior.AllowedMethods.Items,
    applyTo: (headers, origin) => {
      const sent = Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
      const origins = cors?.AccessControlAllowOrigins.Items ?? [];
      if (cors === undefined || origin === null || !(origins.includes('*') || origins.includes(origin)))
        return sent;
      const add = (name: string, value: string) => {
        if (cors.OriginOverride || sent[name] === undefined) sent[name] = { value };
      };
      add('access-control-allow-origin', origins.includes('*') ? '*' : origin);
      if (cors.AccessControlAllowCredentials) add('access-control-allow-credentials', 'true');
      const exposed = cors.AccessControlExposeHeaders?.Items ?? [];
      if (exposed.length > 0) add('access-control-expose-headers', exposed.join(','));
      return sent;
    },
  };
}
