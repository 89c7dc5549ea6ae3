// Asks about the URL of the first argument: a test kills this process.
import { askBrowsers } from '../../../src/node/browsers/judge.ts';

const [, , url = ''] = process.argv;
await askBrowsers(
  { url, origin: 'http://page.example', method: 'GET', headers: [], credentials: false },
  { timeout: 60_000 },
);
