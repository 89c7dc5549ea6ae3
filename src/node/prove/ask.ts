import type { Facts } from '../../cors/decide.ts';
import type { Outcome } from '../../export/outcome.ts';
import type { ProofPath } from './bucket.ts';
import type { openSender, Sent } from './send.ts';

type Sender = ReturnType<typeof openSender>;

/** How often a request is sent again to a program that still has other connections to the bucket. */
const RESENT_MOST = 20;

/** Sends a request to a program, and says what is wrong with the answer: `compare` looks at its CORS headers. */
export async function ask(
  sender: Sender,
  request: Facts,
  place: ProofPath,
  compare: (outcome: Outcome) => string | null,
): Promise<{ readonly seen: Outcome | null; readonly what: string | null }> {
  try {
    const sent = await send(sender, request, place);
    const other = request.method === 'OPTIONS' ? preflightFault(sent) : passedFault(sent, place);
    return { seen: sent.outcome, what: other ?? compare(sent.outcome) };
  } catch (error) {
    return { seen: null, what: `no answer: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Sends a request again as a client does whose connection ends without an answer. */
async function send(sender: Sender, request: Facts, place: ProofPath): Promise<Sent> {
  for (let left = place.isDropped ? RESENT_MOST : 0; left > 0; left -= 1) {
    const sent = await sender.send(request, place.path).catch(() => null);
    if (sent !== null) return sent;
  }
  return sender.send(request, place.path);
}

const preflightFault = ({ reached }: Sent): string | null =>
  reached === null ? null : 'the preflight reached the bucket';

/** How the passing on of an actual request differs from what it has to be; null if it does not. */
function passedFault({ status, reached, expected }: Sent, place: ProofPath): string | null {
  if (place.isDropped)
    return status >= 500 ? null : `status ${status}, although the bucket closed the connection`;
  if (status !== place.status) return `status ${status}, not the bucket's ${place.status}`;
  return reached === expected ? null : `"${reached ?? 'nothing'}" reached the bucket, not "${expected}"`;
}
