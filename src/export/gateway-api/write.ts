import type { CompiledRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import type { ExportFile, ExportOptions } from '../target.ts';
import type { CorsFilter, CorsRoute } from './filter.ts';

const USE =
  'Put in the names of your Gateway and of the Service for the bucket, then: kubectl apply -f httproute.yaml';

/** The HTTPRoute. Each value is written as JSON, which is YAML too, so that no value can end its line. */
export function writeRoute(
  rules: CompiledRules,
  routes: readonly CorsRoute[],
  options: ExportOptions,
): ExportFile {
  const { name, bucketUrl } = options;
  const isWhole = routes.some(({ methods }) => methods === null);
  const lines = [
    'apiVersion: gateway.networking.k8s.io/v1',
    'kind: HTTPRoute',
    'metadata:',
    `  name: ${JSON.stringify(objectName(name))}`,
    'spec:',
    '  parentRefs:',
    '  - name: my-gateway # the Gateway of the domain that serves the bucket',
    '  rules:',
    ...routes.flatMap((route, at) => [
      ...startLines(route),
      ...corsLines(route.cors),
      ...restLines(bucketUrl, at === 0),
    ]),
    ...(isWhole
      ? []
      : [
          `  # No page may ${routes.length === 0 ? 'read or write' : 'send other methods'}.`,
          '  - filters:',
          ...restLines(bucketUrl, routes.length === 0),
        ]),
  ];
  return {
    name: 'httproute.yaml',
    use: "Apply it with `kubectl apply`, with the names of your Gateway and of the bucket's Service.",
    text: `${bannerOf('gateway-api', rules, options, '#', USE)}${lines.join('\n')}\n`,
  };
}

/** The beginning of a rule: the requests of the methods, and their preflights. */
function startLines({ methods }: CorsRoute): readonly string[] {
  if (methods === null) return ['  - filters:'];
  return [
    '  - matches:',
    ...methods.flatMap((method) => [
      `    - method: ${method}`,
      '    - method: OPTIONS',
      `      headers: [{name: Access-Control-Request-Method, value: ${method}}]`,
    ]),
    '    filters:',
  ];
}

/** What every rule has beside CORS, and where it leads; explained once. */
function restLines(bucketUrl: string | null, isFirst: boolean): readonly string[] {
  const host = bucketUrl === null ? null : new URL(bucketUrl).hostname;
  const about = (text: string) => (isFirst ? [`    # ${text}`] : []);
  return [
    ...about(
      'The bucket sees no Origin, and adds no CORS headers of its own. CORS stands first, because it needs Origin.',
    ),
    '    - type: RequestHeaderModifier',
    '      requestHeaderModifier:',
    '        remove: ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]',
    ...about(
      'The API says nothing of Vary: without it a cache would serve one origin the answer to another.',
    ),
    '    - type: ResponseHeaderModifier',
    '      responseHeaderModifier:',
    '        add: [{name: Vary, value: Origin}]',
    ...(host === null
      ? []
      : ['    - type: URLRewrite', `      urlRewrite: {hostname: ${JSON.stringify(host)}}`]),
    '    backendRefs:',
    `    - name: my-bucket # a Service that leads to ${host ?? 'the bucket'}`,
    `      port: ${portOf(bucketUrl)}`,
  ];
}

function corsLines(cors: CorsFilter): readonly string[] {
  const { allowCredentials, maxAge } = cors;
  const lists = (['allowOrigins', 'allowMethods', 'allowHeaders', 'exposeHeaders'] as const).flatMap(
    (field) =>
      cors[field].length === 0
        ? []
        : [`        ${field}:`, ...cors[field].map((value) => `        - ${JSON.stringify(value)}`)],
  );
  return [
    '    - type: CORS',
    '      cors:',
    ...lists,
    `        allowCredentials: ${allowCredentials}`,
    `        maxAge: ${maxAge}`,
  ];
}

/** Names of Kubernetes objects are in lower case and have no `_` (RFC 1123). */
const objectName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'cors';

function portOf(bucketUrl: string | null): number {
  if (bucketUrl === null) return 443;
  const { port, protocol } = new URL(bucketUrl);
  return port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
}
