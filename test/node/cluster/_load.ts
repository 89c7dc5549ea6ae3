import { request } from 'node:http';
import { Pool } from 'undici';

export interface Load {
  /** Stops the clients; resolves to the number of good responses and a line for each other outcome. */
  stop(): Promise<{ readonly good: number; readonly bad: readonly string[] }>;
}

/** Sends one request after the other on each of `connections` keep-alive connections, without retries. */
export function load(url: string, path: string, connections: number): Load {
  const pool = new Pool(url, { connections, pipelining: 1, keepAliveTimeout: 60_000 });
  const ask = async (): Promise<Answer> => {
    const { statusCode, body } = await pool.request({ path, method: 'GET' });
    return { status: statusCode, text: await body.text() };
  };
  return repeat(ask, connections, () => pool.close());
}

/** Sends one request after the other from each of `clients`, on a new connection each; no response is a failure. */
export function loadByNewConnections(url: string, path: string, clients: number): Load {
  const ask = () =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request(new URL(path, url), { agent: false, timeout: SILENCE_MS }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('error', reject).on('end', () => resolve({ status: response.statusCode, text }));
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', reject).end();
    });
  return repeat(ask, clients, async () => {});
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

/** Milliseconds of silence after which a connection counts as lost. */
const SILENCE_MS = 5_000;

function repeat(ask: () => Promise<Answer>, clients: number, close: () => Promise<void>): Load {
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
  const running = Array.from({ length: clients }, client);
  return {
    async stop() {
      stopped = true;
      await Promise.all(running);
      await close();
      return { good, bad };
    },
  };
}
