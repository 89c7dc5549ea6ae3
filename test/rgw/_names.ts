/** Loaded before the edge (`node --import`): resolves every name under `s3.test` to this machine. */
import dns from 'node:dns';

const { lookup } = dns;
const isTest = (name: string): boolean => name.endsWith('.s3.test');

dns.lookup = ((name: string, ...rest: [dns.LookupOptions, () => void]) =>
  lookup(isTest(name) ? '127.0.0.1' : name, ...rest)) as typeof dns.lookup;
