import { describe, expect, test } from 'vitest';
import type { Dialect } from '../../src/cors/behaviour.ts';
import type { Reason } from '../../src/cors/reason.ts';
import { call, corsHeaders, element, value } from '../helpers/client.ts';
import type { Rules } from '../helpers/upstream.ts';
import { type Runtime, useEdge } from './runtime.ts';
import { A, ONE_ORIGIN, PREFLIGHT_VARY, STRANGER } from './sets.ts';

interface Row {
  readonly name: string;
  readonly dialect: Dialect;
  readonly rules: Rules;
  /** The preflight's target, `/key` by default. */
  readonly target?: string;
  readonly origin?: string;
  readonly method?: string;
  readonly names?: string;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly reason: Reason;
  readonly details?: Readonly<Record<string, string>>;
}

const lacks = (header: string) => `Insufficient information. ${header} header needed.`;
const NO_ORIGIN = {
  status: 400,
  code: 'BadRequest',
  message: lacks('Origin request'),
  reason: 'origin_missing',
} as const;
const NOT_ENABLED = {
  status: 403,
  code: 'AccessForbidden',
  message: 'CORSResponse: CORS is not enabled for this bucket.',
  reason: 'no_rules',
} as const;
const NOT_FOUND = { ...NOT_ENABLED, message: 'CORSResponse: Bucket not found' } as const;
const refused = (reason: Reason, spelt: string) => ({
  status: 403,
  code: 'AccessForbidden',
  message:
    'CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / ' +
    `Access-Control-Request-Method or ${spelt} are not whitelisted by the resource's CORS spec.`,
  reason,
});
const ossRefused = (reason: Reason) => ({
  ...refused(reason, 'Access-Control-Requet-Headers'),
  details: { EC: '0003-00000602' },
});
const s3Refused = (reason: Reason, Method: string, ResourceType: string) => ({
  ...refused(reason, 'Access-Control-Request-Headers'),
  details: { Method, ResourceType },
});
const s3Invalid = (method: string, reason: Reason) => ({
  status: 400,
  code: 'BadRequest',
  message: `Invalid Access-Control-Request-Method: ${method}`,
  reason,
});

const oss = { dialect: 'oss', rules: ONE_ORIGIN } as const;
const s3 = { dialect: 's3', rules: ONE_ORIGIN } as const;

const ROWS: readonly Row[] = [
  { name: 'without Origin', ...oss, method: 'GET', ...NO_ORIGIN, details: { EC: '0034-00000101' } },
  {
    name: 'without a method',
    ...oss,
    origin: A,
    status: 400,
    code: 'BadRequest',
    message: lacks('Request Access-Control-Request-Method'),
    reason: 'method_missing',
    details: { EC: '0034-00000102' },
  },
  {
    name: 'of an origin without a rule',
    ...oss,
    origin: STRANGER,
    method: 'GET',
    ...ossRefused('origin_not_allowed'),
  },
  {
    name: 'of another scheme',
    ...oss,
    origin: 'http://a.example',
    method: 'GET',
    ...ossRefused('origin_not_allowed'),
  },
  {
    name: 'for a method no rule can list',
    ...oss,
    origin: A,
    method: 'PATCH',
    ...ossRefused('method_not_allowed'),
  },
  {
    name: 'for a method in lower case',
    ...oss,
    origin: A,
    method: 'get',
    ...ossRefused('method_not_allowed'),
  },
  {
    name: 'with a header that no rule lists',
    ...oss,
    origin: A,
    method: 'GET',
    names: 'x-b',
    ...ossRefused('header_not_allowed'),
  },
  {
    name: 'of a bucket without rules',
    ...oss,
    rules: 'none',
    origin: A,
    method: 'GET',
    ...NOT_ENABLED,
    details: { EC: '0003-00000601' },
  },
  { name: 'of a missing bucket', ...oss, rules: 'missing', origin: A, method: 'GET', ...NOT_FOUND },
  { name: 'without Origin', ...s3, method: 'GET', ...NO_ORIGIN },
  { name: 'without a method', ...s3, origin: A, ...s3Invalid('null', 'method_missing') },
  {
    name: 'for a method no rule can list',
    ...s3,
    origin: A,
    method: 'PATCH',
    ...s3Invalid('PATCH', 'method_not_allowed'),
  },
  {
    name: 'for a method in lower case',
    ...s3,
    origin: A,
    method: 'get',
    ...s3Invalid('get', 'method_not_allowed'),
  },
  {
    name: 'of an origin without a rule',
    ...s3,
    origin: STRANGER,
    method: 'PUT',
    ...s3Refused('origin_not_allowed', 'PUT', 'OBJECT'),
  },
  {
    name: 'about the bucket itself',
    ...s3,
    target: '/?uploads',
    origin: STRANGER,
    method: 'POST',
    ...s3Refused('origin_not_allowed', 'POST', 'BUCKET'),
  },
  {
    name: 'with a header that no rule lists',
    ...s3,
    origin: A,
    method: 'GET',
    names: 'x-b',
    ...s3Refused('header_not_allowed', 'GET', 'OBJECT'),
  },
  {
    name: 'of a bucket without rules',
    ...s3,
    rules: 'none',
    origin: A,
    method: 'GET',
    ...NOT_ENABLED,
    details: { Method: 'GET', ResourceType: 'BUCKET' },
  },
  {
    name: 'of a bucket without rules, without a method',
    ...s3,
    rules: 'none',
    origin: A,
    ...NOT_ENABLED,
    details: { Method: 'OPTIONS', ResourceType: 'BUCKET' },
  },
  {
    name: 'of a missing bucket',
    ...s3,
    rules: 'missing',
    origin: A,
    method: 'PUT',
    ...NOT_FOUND,
    details: { Method: 'PUT', ResourceType: 'BUCKET' },
  },
];

const headersOf = ({ origin, method, names }: Row): string[] => [
  ...(origin === undefined ? [] : ['Origin', origin]),
  ...(method === undefined ? [] : ['Access-Control-Request-Method', method]),
  ...(names === undefined ? [] : ['Access-Control-Request-Headers', names]),
];

export function addRefusalTests(runtime: Runtime): void {
  describe.each<[Dialect, string]>([
    ['oss', 'x-oss-request-id'],
    ['s3', 'x-amz-request-id'],
  ])('a preflight in dialect %s is refused', (dialect, idHeader) => {
    const edge = useEdge(runtime, { dialect });

    test.each(ROWS.filter((row) => row.dialect === dialect))('$name', async (row) => {
      await edge().setRules(row.rules);
      const answered = await call(edge().url, {
        method: 'OPTIONS',
        target: row.target ?? '/key',
        headers: ['Host', 'Media.example:81', ...headersOf(row)],
      });
      expect(answered.status).toBe(row.status);
      expect(value(answered, 'content-type')).toBe('application/xml');
      expect(element(answered, 'Code')).toBe(row.code);
      expect(element(answered, 'Message')).toBe(row.message);
      expect(element(answered, 'Reason')).toBe(row.reason);
      expect(element(answered, 'HostId')).toBe('Media.example:81');
      const details = Object.fromEntries(
        ['Method', 'ResourceType', 'EC']
          .map((name) => [name, element(answered, name)])
          .filter(([, text]) => text),
      );
      expect(details).toEqual(row.details ?? {});
      expect(value(answered, idHeader)).toMatch(/^[0-9A-F]{24}$/);
      expect(element(answered, 'RequestId')).toBe(value(answered, idHeader));
      expect(corsHeaders(answered)).toEqual({});
      expect(value(answered, 'vary')).toBe(PREFLIGHT_VARY);
      expect(edge().bucket.asked).toEqual([]);
    });

    // The server of a Hono app refuses such a Host before the app sees it.
    test.skipIf(runtime.name === 'middleware')('with the client’s markup escaped', async () => {
      await edge().setRules(ONE_ORIGIN);
      const headers = ['Host', 'a<b>&c', 'Origin', A, 'Access-Control-Request-Method', 'G<E>T&'];
      const answered = await call(edge().url, { method: 'OPTIONS', headers });
      expect(element(answered, 'HostId')).toBe('a&lt;b&gt;&amp;c');
      expect(answered.body.toString()).not.toContain('G<E>T');
    });
  });
}
