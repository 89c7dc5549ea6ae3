import { Agent, type IncomingMessage, request } from 'node:http';

/** One request of a load, and what is wrong with its answer; null: nothing. */
export interface Asked {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly faultOf: (status: number, headers: IncomingMessage['headers'], body: string) => string | null;
}

export interface Load {
  /** Requests so far. */
  readonly counts: { answered: number; again: number };
  readonly faults: string[];
  end(): Promise<void>;
}

const LIMIT_MS = 10_000;

/**
 * Sends requests one after the other over persistent connections, one for each `asked`. As browsers do, it sends a request
 * again whose connection was open before and was closed without an answer: a server may close an idle connection at any
 * time (RFC 9112 §9.3.1). These count as `again`; any other failure is a fault.
 */
export function startLoad(url: string, asked: readonly Asked[]): Load {
  const counts = { answered: 0, again: 0 };
  const faults: string[] = [];
  let goesOn = true;
  const clients = asked.map(async (one) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (goesOn) {
      try {
        const answered = await send(url, one, agent);
        if (answered === 'again') counts.again += 1;
        else if (answered !== null) faults.push(answered);
        else counts.answered += 1;
      } catch (error) {
        faults.push(`${one.method} ${one.path}: ${String(error)}`);
      }
    }
    agent.destroy();
  });
  return {
    counts,
    faults,
    async end() {
      goesOn = false;
      await Promise.all(clients);
    },
  };
}

function send(url: string, { path, method, headers, faultOf }: Asked, agent: Agent): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const asking = request(url + path, { method, headers, agent, timeout: LIMIT_MS });
    let hasBegun = false;
    asking.once('timeout', () => asking.destroy(new Error(`no answer within ${LIMIT_MS / 1000} seconds`)));
    asking.once('error', (error: NodeJS.ErrnoException) => {
      const isClosed = ['ECONNRESET', 'EPIPE'].includes(error.code ?? '');
      if (asking.reusedSocket && !hasBegun && isClosed) resolve('again');
      else reject(error);
    });
    asking.once('response', (answer) => {
      hasBegun = true;
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      answer.once('error', reject);
      answer.once('end', () => resolve(faultOf(answer.statusCode ?? 0, answer.headers, body)));
    });
    asking.end();
  });
}
