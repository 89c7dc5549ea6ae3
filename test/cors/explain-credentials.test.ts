import { expect, test } from 'vitest';
import { answer } from '../../src/cors/answer.ts';
import type { Behaviour } from '../../src/cors/behaviour.ts';
import { decide } from '../../src/cors/decide.ts';
import { becauseOfCredentials } from '../../src/cors/explain-credentials.ts';
import { ask, behaviour, compiled, rule } from '../helpers/rules.ts';

const APP = 'https://app.example.com';
const WITH = behaviour('oss', 'safe', true);
const TURN_ON = 'start the edge with --dangerously-allow-credentials';

const grants = (behaviour: Behaviour, entries: readonly string[], turnedOn = behaviour): boolean =>
  answer(
    compiled([rule({ allowedOrigins: entries })], turnedOn),
    decide(compiled([rule({ allowedOrigins: entries })], turnedOn), ask({ origin: APP })),
  ).headers.includes('Access-Control-Allow-Credentials');

test.each<[string, Behaviour, string[], string]>([
  ['OSS', behaviour('oss'), [APP], `store oss never sends it; ${TURN_ON}`],
  [
    'OSS by an entry with *',
    behaviour('oss'),
    ['https://*.example.com'],
    `store oss never sends it; ${TURN_ON}, and list ${APP} itself in rule 1`,
  ],
  [
    'OSS with the option, by an entry with *',
    WITH,
    ['https://*.example.com'],
    `rule 1 matches the origin by an entry with *; list ${APP} itself in rule 1`,
  ],
  [
    'OSS by *',
    behaviour('oss'),
    ['*'],
    `rule 1 lists *, which allows no credentials; list ${APP} in a rule before it, and ${TURN_ON}`,
  ],
  [
    'S3 by *',
    behaviour('s3'),
    ['*'],
    `rule 1 lists *, which allows no credentials; list ${APP} in a rule before it`,
  ],
])('credentials that are not allowed have a cure: %s', (_, how, allowedOrigins, why) => {
  const rules = compiled([rule({ allowedOrigins })], how);
  expect(becauseOfCredentials(rules, decide(rules, ask({ origin: APP })))).toBe(
    'The request has cookies, but its answer has no Access-Control-Allow-Credentials, so a page that sends credentials ' +
      `may not read it: ${why}.`,
  );
  // The cure is one: with the origin listed, and the option, the answer allows credentials.
  expect(grants(how, allowedOrigins)).toBe(false);
  expect(grants(how, [APP], how.dialect === 'oss' ? WITH : how)).toBe(true);
});

test('credentials are never allowed for the origin null', () => {
  const rules = compiled([rule({ allowedOrigins: ['null'] })], WITH);
  expect(becauseOfCredentials(rules, decide(rules, ask({ origin: 'null' })))).toMatch(
    /: no store sends it for the origin null\.$/,
  );
});

test('names a flag that the command line takes', () => {
  const rules = compiled([rule({ allowedOrigins: [APP] })], behaviour('oss'));
  const because = becauseOfCredentials(rules, decide(rules, ask({ origin: APP })));
  const flags = because.match(/--[a-z-]+(?: [a-z]+)?/g);
  expect(flags).toEqual(['--dangerously-allow-credentials']);
});
