// A Hono app with `bucketCors` in front of a scripted bucket, run as a process of Deno or Bun. It prints the address of
// the app and of a control port; a request to the control port starts the app again with the bucket's present rules.
import { ownAppBefore } from '../helpers/middleware-before.ts';

type Serve = (options: {
  port: number;
  hostname: string;
  fetch: (request: Request) => Response | Promise<Response>;
}) => {
  readonly port: number;
};
declare const Bun: { serve: Serve } | undefined;
declare const Deno:
  | {
      serve(
        options: { port: number; hostname: string; onListen: () => void },
        handler: (request: Request) => Response | Promise<Response>,
      ): { readonly addr: { readonly port: number } };
    }
  | undefined;

const serve = (fetch: (request: Request) => Response | Promise<Response>): number => {
  const where = { port: 0, hostname: '127.0.0.1' };
  if (typeof Bun !== 'undefined') return Bun.serve({ ...where, fetch }).port;
  if (typeof Deno !== 'undefined') return Deno.serve({ ...where, onListen: () => {} }, fetch).addr.port;
  throw new Error('this program runs on Deno or Bun');
};

const { bucketUrl, ...options } = JSON.parse(process.argv[2] ?? '');
let app = ownAppBefore(bucketUrl, options);
const port = serve((request) => app.fetch(request));
const control = serve(() => {
  app = ownAppBefore(bucketUrl, options);
  return new Response('');
});
console.log(JSON.stringify({ port, control }));
