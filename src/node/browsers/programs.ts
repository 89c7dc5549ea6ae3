import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

const CHROMIUM = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'msedge',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];
const FIREFOX = ['firefox', 'firefox-esr', '/Applications/Firefox.app/Contents/MacOS/firefox'];

/** The path of the installed browser; null without one. `CHROMIUM` and `FIREFOX` name it if they are set. */
export function programOf(browser: 'chromium' | 'firefox'): string | null {
  const named = browser === 'chromium' ? process.env.CHROMIUM : process.env.FIREFOX;
  const names = named ? [named] : browser === 'chromium' ? CHROMIUM : FIREFOX;
  return names.map(pathOf).find((path) => path !== null) ?? null;
}

function pathOf(name: string): string | null {
  const folders = isAbsolute(name) ? [''] : (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
