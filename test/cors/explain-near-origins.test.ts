import { describe, expect, test } from 'vitest';
import type { CompiledRules } from '../../src/cors/compile.ts';
import type { Facts } from '../../src/cors/decide.ts';
import { explain } from '../../src/cors/explain.ts';
import { ask, compiled, preflight, rule } from '../helpers/rules.ts';

const APP = 'https://app.example.com';
const listing = (...allowedOrigins: string[]) => compiled([rule({ allowedOrigins })]);
const hintOf = (rules: CompiledRules, facts: Facts) => explain(rules, facts, 'OBJECT').hint;
const because = (rules: CompiledRules, facts: Facts) => explain(rules, facts, 'OBJECT').because;

describe('the closest origin of the rules is named', () => {
  test.each([
    ['a slash', APP, `${APP}/`, `rule 1 lists ${APP}/, and browsers send no slash`],
    ['a path', APP, `${APP}/photos`, `rule 1 lists ${APP}/photos, and browsers send no path`],
    ['a path with *', APP, `${APP}/*`, `rule 1 lists ${APP}/*, and browsers send no path`],
    ['a query', APP, `${APP}?a=1`, `rule 1 lists ${APP}?a=1, and browsers send no query`],
    ['no scheme', APP, 'app.example.com', 'rule 1 lists app.example.com, and browsers send the scheme too'],
    [
      'only slashes',
      APP,
      '//app.example.com',
      'rule 1 lists //app.example.com, and browsers send the scheme too',
    ],
    ['the default port', APP, `${APP}:443`, `rule 1 lists ${APP}:443, and browsers leave out :443`],
    [
      'port 80',
      'http://a.example',
      'http://a.example:80',
      'rule 1 lists http://a.example:80, and browsers leave out :80',
    ],
    [
      'capitals',
      APP,
      'https://App.Example.com',
      'rule 1 lists https://App.Example.com, and browsers send scheme and host in lower case',
    ],
    [
      'capitals in the scheme',
      APP,
      'HTTPS://app.example.com',
      'rule 1 lists HTTPS://app.example.com, and browsers send scheme and host in lower case',
    ],
    [
      'several slips',
      APP,
      'App.example.com:443/',
      'rule 1 lists App.example.com:443/, and browsers send the scheme too, send no slash, leave out :443 and send scheme and host in lower case',
    ],
    [
      'a slip in a pattern',
      APP,
      'https://*.example.com/',
      'rule 1 lists https://*.example.com/, and browsers send no slash',
    ],
    [
      'one slash behind the scheme',
      APP,
      'https:/app.example.com',
      'rule 1 lists https:/app.example.com, and browsers send https://',
    ],
    [
      'no colon behind the scheme',
      APP,
      'https//app.example.com',
      'rule 1 lists https//app.example.com, and browsers send https://',
    ],
    [
      'a user',
      APP,
      'https://u:p@app.example.com',
      'rule 1 lists https://u:p@app.example.com, and browsers send no user name or password',
    ],
    [
      'a name outside ASCII',
      'https://xn--mnchen-3ya.de',
      'https://münchen.de',
      'rule 1 lists https://münchen.de, and browsers send the name in punycode',
    ],
    [
      'a long IPv6 address',
      'http://[::1]:3000',
      'http://[0:0:0:0:0:0:0:1]:3000',
      'rule 1 lists http://[0:0:0:0:0:0:0:1]:3000, and browsers write the host in another way',
    ],
    [
      'a list',
      APP,
      `https://b.example, ${APP}`,
      `rule 1 lists "https://b.example, ${APP}", as one value, and each origin needs an entry of its own`,
    ],
    ['http', APP, 'http://app.example.com', 'rule 1 lists http://app.example.com, and http is not https'],
    [
      'https',
      'http://localhost:3000',
      'https://localhost:3000',
      'rule 1 lists https://localhost:3000, and https is not http',
    ],
    [
      'another port',
      'http://localhost:5173',
      'http://localhost:3000',
      'rule 1 lists http://localhost:3000, and the port is 5173',
    ],
    ['a port too many', APP, `${APP}:8443`, `rule 1 lists ${APP}:8443, and the origin has no port`],
    [
      'no port',
      'http://localhost:5173',
      'http://localhost',
      'rule 1 lists http://localhost, without the port 5173',
    ],
    [
      'any port',
      'http://localhost',
      'http://localhost:*',
      'rule 1 lists http://localhost:*, and the origin has no port',
    ],
    [
      'subdomains of any scheme',
      'https://example.com',
      '*.example.com',
      'rule 1 lists *.example.com, and example.com is not a subdomain of itself',
    ],
    [
      'subdomains only',
      'https://example.com',
      'https://*.example.com',
      'rule 1 lists https://*.example.com, and example.com is not a subdomain of itself',
    ],
    [
      'www',
      'https://example.com',
      'https://www.example.com',
      'rule 1 lists https://www.example.com, and www.example.com is another host than example.com',
    ],
    [
      'no www',
      'https://www.example.com',
      'https://example.com',
      'rule 1 lists https://example.com, and example.com is another host than www.example.com',
    ],
  ])('for %s', (_, origin, entry, clause) => {
    const set = listing('https://unrelated.example', entry);
    expect(because(set, ask({ origin }))).toBe(
      `No rule lists the origin ${origin}. Origins are compared letter by letter, with scheme and port; ${clause}.`,
    );
    expect(hintOf(set, ask({ origin }))).toBe(`R${clause.slice(1)}.`);
  });

  test.each([
    ['another host', APP, 'https://api.example.com'],
    ['a host that ends alike', APP, 'https://my-app.example.com'],
    ['a pattern of another domain', APP, 'https://*.example.org'],
    ['the origin null', 'null', 'https://null'],
    ['another scheme and another port', APP, 'http://app.example.com:3000'],
    ['a longer path of another host', APP, 'https://cdn.example/app.example.com'],
  ])('but not %s', (_, origin, entry) => {
    expect(hintOf(listing(entry), ask({ origin }))).toBeUndefined();
  });

  test('the closer one of two, and a rule that fits otherwise before one that does not', () => {
    expect(hintOf(listing('http://app.example.com', `${APP}/`), ask({ origin: APP }))).toMatch(/no slash/);
    const set = compiled([
      rule({ allowedOrigins: [`${APP}/`], allowedMethods: ['PUT'] }),
      rule({ allowedOrigins: [`${APP}/a`] }),
    ]);
    expect(hintOf(set, ask({ origin: APP }))).toBe(`Rule 2 lists ${APP}/a, and browsers send no path.`);
  });

  test('two that are equally close', () => {
    const set = listing(`${APP}/`, `${APP}:443`, `${APP}/x`);
    expect(hintOf(set, ask({ origin: APP }))).toBe(
      `Rule 1 lists ${APP}/, and browsers send no slash; rule 1 lists ${APP}:443, and browsers leave out :443.`,
    );
  });

  test('also if another rule lists the origin without the method', () => {
    const set = compiled([
      rule({ allowedOrigins: [APP] }),
      rule({ allowedOrigins: [`${APP}/`], allowedMethods: ['PUT'] }),
      rule({ allowedOrigins: [`${APP}/`], allowedMethods: ['POST'] }),
    ]);
    expect(because(set, preflight(APP, 'PUT'))).toBe(
      `Rule 1 allows the origin ${APP} but not the method PUT; rule 2 lists ${APP}/, and browsers send no slash.`,
    );
  });

  test('also if its rule lacks a header besides, unless another rule lists the origin and the method', () => {
    const slip = rule({ allowedOrigins: [`${APP}/`], allowedMethods: ['PUT'] });
    const facts = preflight(APP, 'PUT', 'content-type');
    expect(because(compiled([slip, rule()]), facts)).toBe(
      `Rule 2 allows the origin ${APP} but not the method PUT; rule 1 lists ${APP}/, and browsers send no slash.`,
    );
    expect(hintOf(compiled([slip, rule({ allowedMethods: ['PUT'] })]), facts)).toBe(
      'Rule 2 lists no AllowedHeader.',
    );
  });

  test('first where its rule allows the headers too', () => {
    const set = compiled([
      rule({ allowedOrigins: [`${APP}/`], allowedMethods: ['PUT'] }),
      rule({ allowedOrigins: [`${APP}/a`], allowedMethods: ['PUT'], allowedHeaders: ['*'] }),
      rule(),
    ]);
    expect(hintOf(set, preflight(APP, 'PUT', 'content-type'))).toBe(
      `Rule 2 lists ${APP}/a, and browsers send no path.`,
    );
  });
});
