import { describe, expect, test } from 'vitest';
import { OPTIONS, type OptionName } from '../../src/config/options.ts';
import { readConfig } from '../../src/config/read.ts';
import { fromVariables, longName, variableWarnings } from '../../src/config/variables.ts';

const NAMES = Object.keys(OPTIONS) as OptionName[];

describe('a variable with the prefix', () => {
  test.each(NAMES)('of %s is read before the short one, unless it is empty', (name) => {
    const { flag, variable } = OPTIONS[name];
    const long = longName(flag);
    expect(long).toBe(`BUCKET_CORS_${flag.toUpperCase().replaceAll('-', '_')}`);
    expect(fromVariables({ [long]: 'long' })).toEqual({ [name]: { place: long, text: 'long' } });
    if (long === variable) return;
    expect(fromVariables({ [variable]: 'short', [long]: 'long' })).toEqual({
      [name]: { place: long, text: 'long' },
    });
    expect(fromVariables({ [variable]: 'short', [long]: '' })).toEqual({
      [name]: { place: variable, text: 'short' },
    });
  });

  test('is named in a fault', () => {
    const read = readConfig(fromVariables({ BUCKET_CORS_PORT: 'x', PORT: '80' }));
    expect(read).toMatchObject({ faults: [{ place: 'BUCKET_CORS_PORT', value: 'x' }] });
  });

  test('has a different name for each option', () => {
    const names = NAMES.flatMap((name) => [OPTIONS[name].variable, longName(OPTIONS[name].flag)]);
    // That of the configuration file has but one.
    expect(new Set(names).size).toBe(names.length - 1);
  });
});

describe('what Kubernetes sets for a Service', () => {
  const SERVICES: Readonly<Record<string, string>> = {
    ADMIN_SERVICE_HOST: '10.0.0.1',
    ADMIN_SERVICE_PORT: '80',
    ADMIN_PORT: 'tcp://10.0.0.1:80',
    ADMIN_PORT_80_TCP: 'tcp://10.0.0.1:80',
    DEMO_PORT: 'udp://10.0.0.2:80',
    // Of a Service named bucket-cors, and of one named bucket-cors-admin.
    BUCKET_CORS_SERVICE_HOST: '10.0.0.3',
    BUCKET_CORS_SERVICE_PORT: '8080',
    BUCKET_CORS_SERVICE_PORT_HTTP: '8080',
    BUCKET_CORS_PORT: 'tcp://10.0.0.3:8080',
    BUCKET_CORS_PORT_8080_TCP: 'tcp://10.0.0.3:8080',
    BUCKET_CORS_PORT_8080_TCP_PROTO: 'tcp',
    BUCKET_CORS_PORT_8080_TCP_PORT: '8080',
    BUCKET_CORS_PORT_8080_TCP_ADDR: '10.0.0.3',
    BUCKET_CORS_ADMIN_SERVICE_HOST: '10.0.0.4',
    BUCKET_CORS_ADMIN_PORT: 'tcp://10.0.0.4:8081',
    BUCKET_CORS_MEDIA_PORT: 'tcp://10.0.0.5:80',
  };

  test('is not read as an option', () => {
    expect(fromVariables(SERVICES)).toEqual({});
  });

  test('does not hide another variable of the option', () => {
    expect(fromVariables({ ...SERVICES, PORT: '80' })).toEqual({ port: { place: 'PORT', text: '80' } });
  });

  test('gives a warning only if it has the name of an option', () => {
    expect(variableWarnings(SERVICES)).toEqual(
      ['BUCKET_CORS_PORT', 'BUCKET_CORS_ADMIN_PORT', 'ADMIN_PORT', 'DEMO_PORT'].map(
        (name) => `${name} is not read: its value is the address of a Kubernetes Service, not a port`,
      ),
    );
  });
});

describe('a variable that is not read', () => {
  test('gives a warning without its value if it has the prefix', () => {
    const warnings = variableWarnings({
      BUCKET_CORS_MAX_STAEL: 'hush',
      BUCKET_CORS_QQQQQQQQQQ: 'hush',
      MAX_STAEL: '',
    });
    expect(warnings).toEqual([
      'BUCKET_CORS_MAX_STAEL is not read: there is no such variable; write BUCKET_CORS_MAX_STALE',
      'BUCKET_CORS_QQQQQQQQQQ is not read: there is no such variable',
    ]);
  });

  test('gives no warning if other code reads it', () => {
    expect(variableWarnings({ BUCKET_CORS_ADMIN_TOKEN: 'hush' }, ['BUCKET_CORS_ADMIN_TOKEN'])).toEqual([]);
  });

  test('gives no warning if it is one of our own', () => {
    const ours = NAMES.flatMap((name) => [OPTIONS[name].variable, longName(OPTIONS[name].flag)]);
    expect(variableWarnings(Object.fromEntries(ours.map((name) => [name, '1'])))).toEqual([]);
  });
});
