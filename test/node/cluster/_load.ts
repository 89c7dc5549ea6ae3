import { request } from 'node:http';
import { Pool } from 'undici';

export interface Load {
  /** Ends it, and tells how many requests went well, and everything that went wrong. */
  stop(): Promise<{ readonly good: number; readonly bad: readonly string[] }>;
}

/** Asks again and again on so many connections that are kept as long as the edge keeps them, and never asks twice. */
export function load(url: string, path: string, connections: number): Load {
  const pool = new Pool(url, { connections, pipelining: 1, keepAliveTimeout: 60_000 });
  const ask = async (): Promise<Answer> => {
    const { statusCode, body } = await pool.request({ path, method: 'GET' });
    return { status: statusCode, text: await body.text() };
  };
  return asking(ask, connections, () => pool.close());
}

/** Asks again and again by so many clients, on a connection for each request; one without an answer has failed. */
export function loadAnew(url: string, path: string, clients: number): Load {
  const ask = () =>
    new Promise<Answer>((resolve, reject) => {
      const asked = request(new URL(path, url), { agent: false, timeout: NO_ANSWER }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('error', reject).on('end', () => resolve({ status: response.statusCode, text }));
      });
      asked.on('timeout', () => asked.destroy(new Error('no answer')));
      asked.on('error', reject).end();
    });
  return asking(ask, clients, async () => {});
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

/** Milliseconds after which a connection on which nothing comes has been lost. */
const NO_ANSWER = 5_000;

function asking(ask: () => Promise<Answer>, clients: number, close: () => Promise<void>): Load {
  const bad: string[] = [];
  let good = 0;
  let stopped = false;
  const client = async (): Promise<void> => {
    while (!stopped) {
      try {
        const { status, text } = await ask();
        if (status === 200 && text === 'hello') good += 1;
        else bad.push(`${status} ${text}`);
      } catch (error) {
        bad.push(String(error));
      }
    }
  };
  const asked = Array.from({ length: clients }, client);
  return {
    async stop() {
      stopped = true;
      await Promise.all(asked);
      await close();
      return { good, bad };
    },
  };
}
