let date = '';

/** The Date line of this second. */
export function dateLine(): string {
  if (date === '') {
    const now = new Date();
    date = `Date: ${now.toUTCString()}\r\n`;
    setTimeout(() => {
      date = '';
    }, 1000 - now.getMilliseconds()).unref();
  }
  return date;
}

let kept = { timeout: 0, lines: 'Connection: keep-alive\r\n' };

/** Lines of a connection that stays open. All connections of a port have the same timeout. */
export function keptLines(timeout: number): string {
  if (timeout !== kept.timeout) {
    const hint = timeout === 0 ? '' : `Keep-Alive: timeout=${Math.floor(timeout / 1000)}\r\n`;
    kept = { timeout, lines: `Connection: keep-alive\r\n${hint}` };
  }
  return kept.lines;
}
