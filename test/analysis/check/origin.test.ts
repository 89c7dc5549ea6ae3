import { describe, expect, test } from 'vitest';
import { checkRules } from '../../../src/analysis/check/check.ts';
import { LAST_LABEL } from '../../../src/analysis/check/domains.ts';
import { originProblem } from '../../../src/analysis/check/origin-problem.ts';
import type { Rule, RuleSet } from '../../../src/cors/rule.ts';
import { loadDomains } from '../../../src/node/domains.ts';

const OSS = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;
const domains = await loadDomains();

const set = (...rules: readonly Partial<Rule>[]): RuleSet => ({
  rules: rules.map((given) => ({
    allowedOrigins: ['https://www.example.com'],
    allowedMethods: ['GET', 'HEAD'],
    allowedHeaders: [],
    exposeHeaders: [],
    ...given,
  })),
  responseVary: true,
});

describe('an origin', () => {
  test.each([
    ['https://example.com/path', 'BC101', 'https://example.com'],
    ['https://example.com/*', 'BC101', 'https://example.com'],
    ['https://*.example.com/', 'BC101', 'https://*.example.com'],
    ['*.example.com/', 'BC101', 'https://*.example.com'],
    ['https://example.com#top', 'BC101', 'https://example.com'],
    ['*.example.com', 'BC102', 'https://*.example.com'],
    ['https:/example.com', 'BC102', 'https://example.com'],
    ['localhost:3000', 'BC102', 'http://localhost:3000'],
    ['https', 'BC102', undefined],
    ['http://example.com:80', 'BC103', 'http://example.com'],
    ['https://*.example.com:443', 'BC103', 'https://*.example.com'],
    ['HTTPS://example.com', 'BC104', 'https://example.com'],
    ['NULL', 'BC104', undefined],
    ['https://a.example;https://b.example', 'BC106', 'https://a.example https://b.example'],
    ['*example.com', 'BC107', 'https://example.com https://*.example.com'],
    ['https://example.com*', 'BC107', 'https://example.com'],
    ['https://example.*', 'BC107', undefined],
    ['https://my-*.vercel.app', 'BC107', undefined],
    ['https://*-mine.vercel.app', 'BC107', undefined],
    ['http://192.168.*', 'BC107', undefined],
    ['http://localhost*', 'BC107', 'http://localhost http://localhost:*'],
    ['https://*.com', 'BC108', undefined],
    ['https://*.co.uk', 'BC108', undefined],
    ['https://*', 'BC108', undefined],
    ['*:8443', 'BC108', undefined],
    ['https://*.', 'BC108', undefined],
    ['https://*3000', 'BC107', undefined],
    ['https://app*3000', 'BC107', undefined],
    ['https://example.com*.', 'BC107', 'https://example.com'],
    ['https://example.com:99999', 'BC110', undefined],
    ['https://example.com:65536', 'BC110', undefined],
    ['https://*.example.com:65536', 'BC110', undefined],
    ['*://example.com', 'BC109', 'https://example.com'],
    ['http*://example.com', 'BC109', 'https://example.com'],
    ['https://bücher.example', 'BC110', 'https://xn--bcher-kva.example'],
    ['http://127.1', 'BC110', 'http://127.0.0.1'],
    ['htps://example.com', 'BC110', undefined],
    ['https://u:p@example.com', 'BC110', 'https://example.com'],
  ])('%j has %s, and is corrected to %j', (value, code, corrected) => {
    const problem = originProblem(value, domains);
    expect(problem?.code).toBe(code);
    expect(problem?.corrected?.join(' ')).toBe(corrected);
  });

  test.each([
    '*',
    'https://example.com',
    'http://localhost:*',
    'https://example.com:65535',
    'https://example.com:6553*',
    'https://example.com:*',
    'https://*.example.com',
    'https://*.example.com:8443',
    'https://*-x.example.com',
    'https://app*.example.com',
    'https://*.m-7f9.pages.dev',
    'https*://example.com',
    'http://example.com:443',
    'http://[::1]:3000',
    'https://my_app.example.com',
    'http://*.localhost:3000',
    'https://*.local',
    'http://192.168.*.1:3000',
    'chrome-extension://abcdefghijklmnop',
    'moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc',
    'capacitor://localhost',
    'ionic://localhost',
    'app://localhost',
  ])('%j has no problem', (value) => {
    expect(originProblem(value, domains)).toBeUndefined();
  });

  test.each([
    ['https://*.', 'accepts every host that ends in a dot: https://evil.example. too'],
    ['https://*', 'accepts every host: https://evil.example too'],
    ['https://*3000', 'accepts origins of other owners, such as https://evil.net:3000: '],
    ['http://10.0.0.*1', 'accepts origins of other owners, such as http://10.0.0.evil.net:1: '],
    ['https://app*3000', 'accepts origins of other owners, such as https://app.evil.net:3000: '],
  ])('%j %s', (value, reason) => {
    expect(originProblem(value, domains)?.reason).toContain(reason);
  });

  test('is compared with the last label if no list of public suffixes is given', () => {
    expect(originProblem('https://*.com', LAST_LABEL)?.code).toBe('BC108');
    expect(originProblem('https://*.co.uk', LAST_LABEL)).toBeUndefined();
  });

  test.each([
    'https://u:secret@example.com/?t=secret',
    'https://u:secret@example.com',
    'https://u:secret@*.example.com',
    'HTTPS://u:secret@example.com',
    'https://u:secret@a.example,https://b.example',
    'u:secret@example.com',
    'https://example.com/a?Signature=secret',
  ])('%j appears in findings without a password and without a query', (value) => {
    const beside = ['https://example.com/', 'https://*.b.example', 'https://a.b.example', '*'];
    const rules = { allowedOrigins: [value, value, ...beside], allowedHeaders: ['TE', 'ETag', 'x-*', 'x-a'] };
    const findings = checkRules(set({ allowedOrigins: ['*'] }, rules, rules), { behaviour: OSS, domains });
    expect(findings.length).toBeGreaterThan(5);
    expect(JSON.stringify(findings)).not.toContain('secret');
  });

  test('is corrected in a suggested rule that contains no secret', () => {
    const origins = (one: string) => set({ allowedOrigins: ['https://a.example/', one] });
    const [clean] = checkRules(origins('https://b.example'), { behaviour: OSS });
    expect(clean?.rewritten?.allowedOrigins).toEqual(['https://a.example', 'https://b.example']);
    const [secretive] = checkRules(origins('https://u:p@b.example'), { behaviour: OSS });
    expect(secretive).toMatchObject({ code: 'BC101', write: 'https://a.example' });
    expect(secretive).not.toHaveProperty('rewritten');
  });
});
