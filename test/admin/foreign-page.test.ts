import { expect, test } from 'vitest';
import { isForeignPage } from '../../src/admin/foreign-page.ts';

const HOST = '127.0.0.1:8081';

test.each<[string, Partial<Parameters<typeof isForeignPage>[0]>]>([
  ['a program', {}],
  ['a program without Host', { host: undefined }],
  ['a user who entered the URL', { site: 'none' }],
  ['the page of the port', { origin: `http://${HOST}`, site: 'same-origin' }],
  [
    'the page of the port, where the URL is not trustworthy',
    { origin: 'http://10.0.0.5:8081', host: '10.0.0.5:8081' },
  ],
  [
    'the page behind a proxy with TLS',
    { origin: 'https://edge.example', host: 'edge.example', site: 'same-origin' },
  ],
  [
    'the page behind a proxy that replaces the Host',
    { origin: 'https://edge.example', host: '127.0.0.1:8081', site: 'same-origin' },
  ],
  ['the page that sends no Origin', { site: 'same-origin' }],
  ['the page at a default port', { origin: 'http://edge.example', host: 'edge.example:80' }],
  ['the page under a name in other letters', { origin: 'http://edge.lan:8081', host: 'Edge.LAN:8081' }],
])('%s is no page of another origin', (_, sender) => {
  expect(isForeignPage({ origin: undefined, site: undefined, host: HOST, ...sender })).toBe(false);
});

test.each<[string, Partial<Parameters<typeof isForeignPage>[0]>]>([
  ['another site', { origin: 'https://evil.example', site: 'cross-site' }],
  ['another site in a browser without Sec-Fetch-Site', { origin: 'https://evil.example' }],
  ['another port', { origin: 'http://127.0.0.1:8082', site: 'same-site' }],
  ['another port in a browser without Sec-Fetch-Site', { origin: 'http://127.0.0.1:8082' }],
  ['the same name and port over another scheme', { origin: `https://${HOST}`, site: 'cross-site' }],
  ['a page without an origin', { origin: 'null', site: 'cross-site' }],
  ['a file', { origin: 'file://' }],
  ['an origin that is no URL', { origin: HOST }],
  ['two origins', { origin: `http://${HOST}, http://${HOST}` }],
  [
    'another site behind a proxy that replaces the Host',
    { origin: 'https://evil.example', host: '127.0.0.1:8081', site: 'cross-site' },
  ],
  [
    'the page behind such a proxy without TLS, for which browsers send no Sec-Fetch-Site',
    { origin: 'http://edge.lan', host: '127.0.0.1:8081' },
  ],
  ['an empty origin', { origin: '' }],
  ['a page, to a request without Host', { origin: `http://${HOST}`, host: undefined }],
  ['a page of another site that sends no Origin', { site: 'cross-site' }],
  ['another value of Sec-Fetch-Site', { origin: `http://${HOST}`, site: 'none' }],
])('%s is a page of another origin', (_, sender) => {
  expect(isForeignPage({ origin: undefined, site: undefined, host: HOST, ...sender })).toBe(true);
});
