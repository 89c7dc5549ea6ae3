import type { AskBrowser, Asked, BrowserPage } from './asked.ts';
import { PAGE, pageHeadersOf, pageUrlOf } from './page.ts';
import type { Relay } from './relay.ts';
import { withBrowser } from './start.ts';
import { type Message, objectOf, openWire, textOf, type Wire } from './wire.ts';

/** Asks Chromium by the DevTools protocol. */
export const askChromium: AskBrowser = (program, page, relay, signal) =>
  withBrowser({ program, args: argsOf(relay), files: FILES }, signal, (address) => ask(address, page));

/** Without this Chromium opens connections to the origin of a page before it asks for the page. */
const FILES = { 'Default/Preferences': JSON.stringify({ net: { network_prediction_options: 2 } }) };

/**
 * Without the first two features Chromium would ask for the https page of an http origin, and refuse servers of the local
 * network to a page that no server sent.
 */
const argsOf = (relay: Relay | null): readonly string[] => [
  '--headless',
  '--user-data-dir=PROFILE',
  '--remote-debugging-port=0',
  '--disable-features=HttpsUpgrades,LocalNetworkAccessChecks,Translate,OptimizationHints,MediaRouter',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-gpu',
  '--disable-sync',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-pings',
  '--password-store=basic',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ...(relay === null
    ? []
    : [
        `--proxy-server=127.0.0.1:${relay.port}`,
        '--proxy-bypass-list=<-loopback>',
        `--ignore-certificate-errors-spki-list=${relay.keyHash}`,
      ]),
  'about:blank',
];

/** The console's sentence of every request that fails, also beside the one that says why. */
const FAILED = 'Failed to load resource: net::ERR_FAILED';

async function ask(address: string, { origin, script }: BrowserPage): Promise<Asked> {
  const sentences: string[] = [];
  const networkErrors: string[] = [];
  let session = '';
  const wire = await openWire(address, (method, params) => {
    if (method === 'Log.entryAdded') sentences.push(...errorsOf(objectOf(params.entry)));
    if (method === 'Network.loadingFailed') networkErrors.push(textOf(params.errorText));
    if (method === 'Fetch.requestPaused') providePage(wire, session, origin, params);
  });
  try {
    const { product } = await wire.send('Browser.getVersion');
    const { targetId } = await wire.send('Target.createTarget', { url: 'about:blank' });
    session = textOf((await wire.send('Target.attachToTarget', { targetId, flatten: true })).sessionId);
    await openPage(wire, session, origin);
    for (const domain of ['Log', 'Network']) await wire.send(`${domain}.enable`, {}, session);
    const evaluation = { expression: script, awaitPromise: true };
    const { result } = await wire.send('Runtime.evaluate', evaluation, session);
    return {
      version: textOf(product).replace(/^.*\//, ''),
      result: textOf(objectOf(result).value),
      sentences,
      networkError: networkErrors.find((error) => error !== '' && error !== 'net::ERR_FAILED') ?? null,
    };
  } finally {
    wire.close();
  }
}

/** The page is provided here, and all else that is asked meanwhile is refused: nothing is asked of the page's origin. */
async function openPage(wire: Wire, session: string, origin: string): Promise<void> {
  await wire.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }, session);
  const { errorText } = await wire.send('Page.navigate', { url: pageUrlOf(origin) }, session);
  if (errorText !== undefined) throw new Error(`it opens no page of ${origin}: ${textOf(errorText)}`);
  await wire.send('Fetch.disable', {}, session);
}

function providePage(wire: Wire, session: string, origin: string, paused: Message): void {
  const { requestId } = paused;
  const isPage = objectOf(paused.request).url === pageUrlOf(origin);
  const responseHeaders = pageHeadersOf(origin).map(([name, value]) => ({ name, value }));
  const body = Buffer.from(PAGE).toString('base64');
  const provided = isPage
    ? wire.send('Fetch.fulfillRequest', { requestId, responseCode: 200, responseHeaders, body }, session)
    : wire.send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' }, session);
  // A request that the browser has given up needs no answer.
  provided.catch(() => {});
}

const errorsOf = (entry: Message): readonly string[] =>
  entry.level === 'error' && entry.text !== FAILED ? [textOf(entry.text)] : [];
