import type { CompiledRules } from '../../cors/compile.ts';
import { bannerOf } from '../banner.ts';
import type { ExportFile, ExportOptions } from '../target.ts';
import type { CorsFilter } from './filter.ts';

const USE =
  'Put in the names of your Gateway and of the Service for the bucket, then: kubectl apply -f httproute.yaml';

/** The HTTPRoute. Each value is written as JSON, which is YAML too, so that no value can end its line. */
export function writeRoute(
  rules: CompiledRules,
  cors: CorsFilter | null,
  options: ExportOptions,
): ExportFile {
  const { name, bucketUrl } = options;
  const host = bucketUrl === null ? null : new URL(bucketUrl).hostname;
  const lines = [
    'apiVersion: gateway.networking.k8s.io/v1',
    'kind: HTTPRoute',
    'metadata:',
    `  name: ${JSON.stringify(objectName(name))}`,
    'spec:',
    '  parentRefs:',
    '  - name: my-gateway # the Gateway of the domain that serves the bucket',
    '  rules:',
    '  - filters:',
    ...(cors === null ? [] : corsLines(cors)),
    '    # The bucket sees no Origin, so it adds no CORS headers of its own. This filter stands after CORS, which needs Origin.',
    '    - type: RequestHeaderModifier',
    '      requestHeaderModifier:',
    '        remove: ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]',
    '    # The API does not say that a gateway adds this: without it a cache would serve one origin the answer to another.',
    '    - type: ResponseHeaderModifier',
    '      responseHeaderModifier:',
    '        add:',
    '        - name: Vary',
    '          value: Origin',
    ...(host === null
      ? []
      : ['    - type: URLRewrite', '      urlRewrite:', `        hostname: ${JSON.stringify(host)}`]),
    '    backendRefs:',
    `    - name: my-bucket # a Service that leads to ${host ?? 'the bucket'}`,
    `      port: ${portOf(bucketUrl)}`,
  ];
  return {
    name: 'httproute.yaml',
    use: `Apply it with \`kubectl apply\`, with the names of your Gateway and of the bucket's Service.`,
    text: `${bannerOf('gateway-api', rules, options, '#', USE)}${lines.join('\n')}\n`,
  };
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
    '    # GET, HEAD and POST are allowed to these origins even where allowMethods does not list them.',
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
