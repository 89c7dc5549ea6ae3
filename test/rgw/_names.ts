/** Loaded before the edge (`node --import`): every name under `s3.test` is this machine, as its DNS would say. */
import dns from 'node:dns';

const { lookup } = dns;
const isTest = (name: string): boolean => name.endsWith('.s3.test');

dns.lookup = ((name: string, ...rest: [dns.LookupOptions, () => void]) =>
  lookup(isTest(name) ? '127.0.0.1' : name, ...rest)) as typeof dns.lookup;
