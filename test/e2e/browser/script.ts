import type { Frame, Page } from 'playwright-core';

/** Actions of a page's own scripts, with the results that they see. Each function runs inside the page. */

export interface Read {
  readonly status: number;
  readonly type: ResponseType;
  readonly body: string;
  /** The headers that the browser lets the script read, by lower-case name. */
  readonly headers: Record<string, string>;
}

/** The name of the error that the script caught. */
export interface Refused {
  readonly refused: string;
}

/** All that a script can learn about a refused fetch. */
export const REFUSED: Refused = { refused: 'TypeError' };

export type Init = Pick<RequestInit, 'method' | 'mode' | 'credentials'> & {
  readonly headers?: Readonly<Record<string, string>>;
};

/** Fetches and reads to the end; `bytes` is a body in base64. */
export const read = (
  page: Page | Frame,
  url: string,
  init: Init = {},
  bytes: string | null = null,
): Promise<Read | Refused> =>
  page.evaluate(
    async ([url, init, bytes]) => {
      const body = bytes === null ? {} : { body: Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0)) };
      try {
        const response = await fetch(url, { ...init, ...body });
        const { status, type, headers } = response;
        return { status, type, body: await response.text(), headers: Object.fromEntries(headers) };
      } catch (error) {
        return { refused: error instanceof Error ? error.name : String(error) };
      }
    },
    [url, init, bytes] as const,
  );

/** The first pixel of an image, or why a script cannot read it. */
export type Painted = string | 'tainted' | 'not loaded';

/** Loads an image, draws it on a canvas and reads a pixel back. */
export const paint = (page: Page, url: string, crossOrigin: 'anonymous' | null): Promise<Painted> =>
  page.evaluate(
    async ([url, crossOrigin]) => {
      const image = new Image();
      image.crossOrigin = crossOrigin;
      const loaded = new Promise((resolve) => {
        image.onload = () => resolve(true);
        image.onerror = () => resolve(false);
      });
      image.src = url;
      if (!(await loaded)) return 'not loaded';
      const context = document.createElement('canvas').getContext('2d');
      context?.drawImage(image, 0, 0);
      try {
        return `pixel ${context?.getImageData(0, 0, 1, 1).data.join(' ')}`;
      } catch (error) {
        if (error instanceof DOMException && error.name === 'SecurityError') return 'tainted';
        throw error;
      }
    },
    [url, crossOrigin] as const,
  );

export const loadFont = (page: Page, url: string): Promise<string> =>
  page.evaluate(
    (url) =>
      new FontFace('Remote', `url(${url})`).load().then(
        () => 'loaded',
        (error: DOMException) => error.name,
      ),
    url,
  );

/** Runs a classic script without `crossorigin`, and returns the value that it put into `window.said`. */
export const runScript = (page: Page, url: string): Promise<unknown> =>
  page.evaluate(async (url) => {
    const script = document.createElement('script');
    script.src = url;
    const ended = new Promise((resolve) => {
      script.onload = resolve;
      script.onerror = resolve;
    });
    document.head.append(script);
    await ended;
    return 'said' in window ? window.said : undefined;
  }, url);

/** Posts a form of one field into a frame, as a page without scripts could, and waits for the answer. */
export const postForm = (page: Page, url: string, name: string, value: string): Promise<void> =>
  page.evaluate(
    async ([url, name, value]) => {
      const frame = document.createElement('iframe');
      frame.name = 'answer';
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', action: url, target: 'answer' });
      const field = document.createElement('input');
      Object.assign(field, { name, value });
      form.append(field);
      document.body.append(frame, form);
      const answered = new Promise((resolve) => {
        frame.onload = resolve;
      });
      form.submit();
      await answered;
    },
    [url, name, value] as const,
  );

export interface Uploaded {
  readonly status: number;
  readonly etag: string | null;
  /** Bytes in the last `progress` event of the upload; null without such an event. */
  readonly told: number | null;
  /** True if it ended in an `error` event. */
  readonly failed: boolean;
}

/** Sends `size` bytes by XMLHttpRequest and records the upload's progress. */
export const upload = (page: Page, method: string, url: string, size: number): Promise<Uploaded> =>
  page.evaluate(
    ([method, url, size]) =>
      new Promise<Uploaded>((resolve) => {
        let told: number | null = null;
        const xhr = new XMLHttpRequest();
        xhr.open(method, url);
        xhr.upload.onprogress = ({ loaded }) => {
          told = loaded;
        };
        const end = (failed: boolean) => () =>
          resolve({ status: xhr.status, etag: failed ? null : xhr.getResponseHeader('ETag'), told, failed });
        xhr.onload = end(false);
        xhr.onerror = end(true);
        xhr.send(new Uint8Array(size));
      }),
    [method, url, size] as const,
  );

/** Adds a frame with an opaque origin, so that its requests have `Origin: null`. */
export async function sandbox(page: Page): Promise<Frame> {
  const handle = await page.evaluateHandle(async () => {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.srcdoc = '<!doctype html><title>sandboxed</title>';
    const loaded = new Promise((resolve) => {
      frame.onload = resolve;
    });
    document.body.append(frame);
    await loaded;
    return frame;
  });
  const frame = await handle.contentFrame();
  if (frame === null) throw new Error('the sandboxed frame has no document');
  return frame;
}
