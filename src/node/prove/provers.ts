import { apacheProver } from './apache.ts';
import { caddyProver } from './caddy.ts';
import { cloudfrontProver } from './cloudfront-vm.ts';
import { haproxyProver } from './haproxy.ts';
import { nginxProver } from './nginx.ts';
import type { Prover } from './prover.ts';
import { varnishProver } from './varnish.ts';
import { workerdProver } from './workerd.ts';

/** By target: the program that runs its exports. Targets that no program runs here are absent. */
export const PROVERS: ReadonlyMap<string, Prover> = new Map([
  ['alibaba-esa', workerdProver],
  ['cloudfront', cloudfrontProver],
  ['cloudflare', workerdProver],
  ['nginx', nginxProver],
  ['haproxy', haproxyProver],
  ['varnish', varnishProver],
  ['caddy', caddyProver],
  ['apache', apacheProver],
]);
