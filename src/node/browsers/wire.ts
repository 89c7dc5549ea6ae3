/** A JSON object of a browser's protocol (CDP or WebDriver BiDi). */
export type Message = Readonly<Record<string, unknown>>;

/** A connection to a browser: commands with answers, and events. */
export interface Wire {
  /** Rejects with the browser's message if it refuses the command, and if the connection ends. */
  send(method: string, params?: Message, session?: string): Promise<Message>;
  close(): void;
}

interface Waiting {
  resolve(result: Message): void;
  reject(error: Error): void;
}

/** Opens the WebSocket of a browser. */
export async function openWire(
  address: string,
  onEvent: (method: string, params: Message) => void,
): Promise<Wire> {
  const socket = new WebSocket(address);
  const waiting = new Map<number, Waiting>();
  const opened = Promise.withResolvers<void>();
  const fail = (error: Error) => {
    opened.reject(error);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  socket.addEventListener('open', () => opened.resolve());
  socket.addEventListener('error', () => fail(new Error('the browser ended the connection')));
  socket.addEventListener('close', () => fail(new Error('the browser ended the connection')));
  socket.addEventListener('message', ({ data }) => {
    const message = objectOf(JSON.parse(String(data)));
    if (typeof message.id !== 'number') return onEvent(textOf(message.method), objectOf(message.params));
    const waiter = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) waiter?.resolve(objectOf(message.result));
    else waiter?.reject(new Error(textOf(message.message) || textOf(objectOf(message.error).message)));
  });
  await opened.promise;
  let last = 0;
  return {
    send(method, params = {}, sessionId) {
      last += 1;
      const answer = Promise.withResolvers<Message>();
      waiting.set(last, answer);
      socket.send(JSON.stringify({ id: last, method, params, sessionId }));
      return answer.promise;
    },
    close: () => socket.close(),
  };
}

/** The object in a member of a message; an empty one if it is no object. */
export const objectOf = (value: unknown): Message =>
  typeof value === 'object' && value !== null ? (value as Message) : {};

/** The text in a member of a message; empty if it is no text. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
