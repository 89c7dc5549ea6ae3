import type { AskBrowser, Asked, BrowserPage } from './asked.ts';
import { PAGE, pageHeadersOf, pageUrlOf } from './page.ts';
import type { Relay } from './relay.ts';
import { withBrowser } from './start.ts';
import { type Message, objectOf, openWire, textOf, type Wire } from './wire.ts';

/** Asks Firefox by WebDriver BiDi. */
export const askFirefox: AskBrowser = (program, page, relay, signal) =>
  withBrowser({ program, args: ARGS, files: { 'user.js': PREFERENCES } }, signal, (address) =>
    ask(`${address}/session`, page, relay),
  );

const ARGS = ['--headless', '--no-remote', '--profile', 'PROFILE', '--remote-debugging-port', '0'];

/** Firefox asks for nothing of its own accord, and for no https page of an http origin. Loopback may pass the relay. */
const PREFERENCES = Object.entries({
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.security.https_first': false,
  'dom.security.https_only_mode': false,
  'extensions.blocklist.enabled': false,
  'intl.accept_languages': 'en-US',
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.dns.disablePrefetch': true,
  'network.http.speculative-parallel-limit': 0,
  'network.proxy.allow_hijacking_localhost': true,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
})
  .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
  .join('');

/** With the relay Firefox trusts the relay's certificate; the relay checks the server's. */
const capabilitiesOf = (relay: Relay | null): Message =>
  relay === null
    ? {}
    : {
        acceptInsecureCerts: true,
        proxy: {
          proxyType: 'manual',
          httpProxy: `127.0.0.1:${relay.port}`,
          sslProxy: `127.0.0.1:${relay.port}`,
        },
      };

async function ask(address: string, { origin, script }: BrowserPage, relay: Relay | null): Promise<Asked> {
  const sentences: string[] = [];
  const networkErrors: string[] = [];
  const wire = await openWire(address, (method, params) => {
    if (method === 'log.entryAdded' && params.level === 'error') sentences.push(textOf(params.text));
    if (method === 'network.fetchError') networkErrors.push(textOf(params.errorText));
    if (method === 'network.beforeRequestSent' && params.isBlocked === true)
      providePage(wire, origin, objectOf(params.request));
  });
  try {
    const created = await wire.send('session.new', {
      capabilities: { alwaysMatch: capabilitiesOf(relay) },
    });
    const context = await openPage(wire, origin);
    await wire.send('session.subscribe', { events: ['log.entryAdded', 'network.fetchError'] });
    const evaluated = await wire.send('script.evaluate', {
      expression: script,
      target: { context },
      awaitPromise: true,
    });
    return {
      version: textOf(objectOf(created.capabilities).browserVersion),
      result: textOf(objectOf(evaluated.result).value),
      sentences,
      networkError: networkErrors[0] ?? null,
    };
  } finally {
    wire.close();
  }
}

/** The page is provided here, and all else that is asked meanwhile is refused: nothing is asked of the page's origin. */
async function openPage(wire: Wire, origin: string): Promise<string> {
  await wire.send('session.subscribe', { events: ['network.beforeRequestSent'] });
  const { intercept } = await wire.send('network.addIntercept', { phases: ['beforeRequestSent'] });
  const { contexts } = await wire.send('browsingContext.getTree', {});
  const context = textOf(objectOf(Array.isArray(contexts) ? contexts[0] : null).context);
  try {
    await wire.send('browsingContext.navigate', { context, url: pageUrlOf(origin), wait: 'complete' });
  } catch (error) {
    throw new Error(`it opens no page of ${origin}: ${(error as Error).message}`);
  }
  await wire.send('network.removeIntercept', { intercept });
  return context;
}

function providePage(wire: Wire, origin: string, asked: Message): void {
  const { request } = asked;
  const headers = pageHeadersOf(origin).map(([name, value]) => ({ name, value: { type: 'string', value } }));
  const provided =
    asked.url === pageUrlOf(origin)
      ? wire.send('network.provideResponse', {
          request,
          statusCode: 200,
          reasonPhrase: 'OK',
          headers,
          body: { type: 'string', value: PAGE },
        })
      : wire.send('network.failRequest', { request });
  // A request that the browser has given up needs no answer.
  provided.catch(() => {});
}
