import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWebOrigin } from '../../src/analysis/alphabet.ts';
import { formProblem } from '../../src/analysis/check/origin-form.ts';
import { explain } from '../../src/cors/explain.ts';
import { sentInstead } from '../../src/cors/near-origin.ts';
import { ask, compiled, rule } from '../helpers/rules.ts';

const APP = 'https://app.example.com';
const explained = (entry: string, origin: string) =>
  explain(compiled([rule({ allowedOrigins: [entry] })]), ask({ origin }), 'OBJECT');

describe('what browsers send in place of the origin is named', () => {
  test.each([
    [`${APP}/`, `browsers send no slash: ${APP}`],
    ['HTTPS://App.example.com', `browsers send scheme and host in lower case: ${APP}`],
    [`${APP}:443`, `browsers leave out :443: ${APP}`],
    ['app.example.com', `browsers send the scheme too: ${APP}`],
    ['localhost:3000', 'browsers send the scheme too: http://localhost:3000'],
    ['10.0.0.1', 'browsers send the scheme too: http://10.0.0.1'],
    ['https:/app.example.com', `browsers send https://: ${APP}`],
    ['https//app.example.com/', `browsers send https:// and send no slash: ${APP}`],
    ['https://u:p@app.example.com', `browsers send no user name or password: ${APP}`],
    ['https://münchen.de', 'browsers send the name in punycode: https://xn--mnchen-3ya.de'],
    ['https://127.1:8443', 'browsers write the host in another way: https://127.0.0.1:8443'],
  ])('for %s', (origin, clause) => {
    expect(explained(origin, origin).because).toMatch(new RegExp(`; ${clause}\\.$`));
  });

  test.each([
    'null',
    '*',
    'https://A\u001b[2J.example',
    'https://[::1]:3000',
    'a',
    'file',
    'a b',
    'https://a, https://b/',
    '',
    'x'.repeat(10_000),
  ])('but not for %j', (origin) => {
    expect(sentInstead(origin)).toBeNull();
  });

  test('never for an origin of the web, and what is named is one', () => {
    const scheme = fc.constantFrom('http', 'https', 'HTTP', 'Https');
    const port = fc.constantFrom('', ':80', ':443', ':8080');
    const tail = fc.constantFrom('', '/', '/a', '?q', '#f');
    const host = fc.constantFrom('a.example', 'A.example', 'localhost', '10.0.0.1');
    fc.assert(
      fc.property(scheme, host, port, tail, (...parts) => {
        const origin = `${parts[0]}://${parts.slice(1).join('')}`;
        const sent = sentInstead(origin);
        expect(sent === null).toBe(isWebOrigin(origin));
        if (sent !== null) expect(isWebOrigin(sent.origin)).toBe(true);
      }),
    );
  });
});

describe('what check writes in place of an entry', () => {
  test.each([
    'localhost:3000',
    '10.0.0.1',
    '[::1]:3000',
    'LOCALHOST',
    'app.example.com:443/',
    'https:/app.example.com',
    'https//app.example.com',
    'https://u:p@app.example.com',
    'https://münchen.de',
    'HTTPS://App.example.com/a?b',
  ])('is what explain says that browsers send: %s', (entry) => {
    const { origin } = sentInstead(entry) ?? {};
    expect(formProblem(entry)?.corrected).toEqual([origin]);
    expect(explained(entry, origin ?? '').hint).toMatch(/^Rule 1 lists .*, and browsers (?:send|write) /);
  });
});
