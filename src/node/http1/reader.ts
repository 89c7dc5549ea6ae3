import type { AnswerReader, AnswerReceiver } from './answer.ts';
import { noteData, openChunks, readChunkLine, resetChunks, Step } from './chunks.ts';
import { answerFault, fault } from './fault.ts';
import { keepAliveSeconds } from './framing.ts';
import { checkTrailers, openHead, PROTOCOL, protocolFault, readHead } from './head.ts';
import { openSection } from './section.ts';

/** The informational responses before a final one. */
export const MAX_INFORMATIONAL = 32;

const LINE_END = Buffer.from('\r\n');

/** What the next bytes are. */
const Part = { Nothing: 0, Head: 1, Counted: 2, Chunked: 3, Trailers: 4, ToClose: 5, Dropped: 6 } as const;
type Part = (typeof Part)[keyof typeof Part];

/**
 * Reads the responses of one connection by RFC 9112, and refuses what it does not allow. The bytes of a body are passed
 * on as they come: at most one head or trailer section is in memory. `close` calls `end` before it returns true. `end`
 * may call `begin` for the next request; bytes after the response stay unread then too.
 */
export function openReader(receiver: AnswerReceiver): AnswerReader {
  const head = openHead();
  const section = openSection();
  const chunks = openChunks();
  let part: Part = Part.Nothing;
  let isHead = false;
  let informational = 0;
  /** The bytes of a counted body that are still to come. */
  let left = 0;
  let persists = false;
  let hasEnded = false;

  function end(): void {
    part = Part.Nothing;
    hasEnded = true;
    receiver.end();
  }

  function takeHead(bytes: Buffer, at: number): number {
    const next = section.take(bytes, at);
    if (next === -1) {
      if (!section.begins(PROTOCOL)) throw protocolFault();
      return bytes.length;
    }
    readHead(section.lines(), head);
    section.clear();
    if (head.status < 200) passInformational();
    else passHead();
    return next;
  }

  function passInformational(): void {
    informational += 1;
    if (informational > MAX_INFORMATIONAL) throw answerFault('the final response does not begin');
    // RFC 9110 §15.2.2: only a client that asks for it with Upgrade gets it. The connection speaks no HTTP/1.1 any more.
    if (head.status === 101)
      throw fault('ERR_BUCKET_CLOSED', 'the bucket switches to another protocol without a request for it');
    // RFC 9110 §10.1.1: it answers an Expect, which this client never sends. RFC 9110 §15.2 would have a client read it
    // all the same; undici refuses it too, since it may be the answer to another request.
    if (head.status === 100) throw answerFault('the bucket sends a 100 without a request for it');
    // RFC 9110 §15.2: HTTP/1.0 has no such statuses. RFC 9112 §9.6: after `close` no other response follows.
    if (!head.isCurrent) throw answerFault('an informational response is of HTTP/1.0');
    if (head.framing.closes) throw answerFault('an informational response closes its connection');
    receiver.informational();
  }

  /** RFC 9112 §6.3, §9.3. */
  function passHead(): void {
    const { status, framing } = head;
    const hasBody = !isHead && status !== 204 && status !== 304;
    left = 0;
    if (!hasBody) part = Part.Counted;
    else if (framing.isChunked) {
      resetChunks(chunks);
      part = Part.Chunked;
    } else if (framing.length === -1) part = Part.ToClose;
    else {
      part = Part.Counted;
      left = framing.length;
    }
    // The body that such a head announces might follow it, and an object could be read as the next response.
    const isDoubtful = isHead || (!hasBody && (framing.isChunked || framing.length > 0));
    persists =
      part !== Part.ToClose && !framing.closes && !isDoubtful && (head.isCurrent || framing.keepsAlive);
    receiver.head(status, head.headers, framing.length);
    if (is(Part.Counted) && left === 0) end();
  }

  /** Whether this is still so: a call of the receiver may have stopped the reader. */
  const is = (expected: Part): boolean => part === expected;

  function passData(bytes: Buffer, from: number, to: number): void {
    receiver.data(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
  }

  function takeCounted(bytes: Buffer, at: number): number {
    const to = Math.min(bytes.length, at + left);
    left -= to - at;
    passData(bytes, at, to);
    if (is(Part.Counted) && left === 0) end();
    return to;
  }

  function takeToClose(bytes: Buffer, at: number): number {
    passData(bytes, at, bytes.length);
    return bytes.length;
  }

  function takeChunked(bytes: Buffer, at: number): number {
    if (chunks.step === Step.Data) {
      const to = Math.min(bytes.length, at + chunks.left);
      noteData(chunks, to - at);
      passData(bytes, at, to);
      return to;
    }
    const next = readChunkLine(chunks, bytes, at);
    if (chunks.step === Step.Trailers) {
      part = Part.Trailers;
      // The section ends with an empty line, which is the first one if there are no trailers.
      section.take(LINE_END, 0);
    }
    return next;
  }

  function takeTrailers(bytes: Buffer, at: number): number {
    const next = section.take(bytes, at);
    if (next === -1) return bytes.length;
    checkTrailers(section.lines());
    section.clear();
    end();
    return next;
  }

  /** Reads the next part, and returns where it stopped. */
  function takePart(bytes: Buffer, at: number): number {
    switch (part) {
      case Part.Head:
        return takeHead(bytes, at);
      case Part.Counted:
        return takeCounted(bytes, at);
      case Part.Chunked:
        return takeChunked(bytes, at);
      case Part.Trailers:
        return takeTrailers(bytes, at);
      case Part.ToClose:
        return takeToClose(bytes, at);
      default:
        return bytes.length;
    }
  }

  function stop(): void {
    part = Part.Dropped;
    persists = false;
    section.clear();
  }

  return {
    begin(method) {
      part = Part.Head;
      isHead = method === 'HEAD';
      informational = 0;
      persists = false;
      section.clear();
    },
    take(bytes) {
      if (part === Part.Nothing) return 0;
      hasEnded = false;
      let at = 0;
      try {
        while (at < bytes.length && !hasEnded) at = takePart(bytes, at);
      } catch (error) {
        stop();
        throw error;
      }
      return at;
    },
    close() {
      if (part !== Part.ToClose) return false;
      end();
      return true;
    },
    stop,
    persists: () => persists,
    keepAlive: () => keepAliveSeconds(head.framing.keepAlive),
  };
}
