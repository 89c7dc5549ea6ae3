import { describe } from 'vitest';
import { recovers } from './_endures.ts';
import { fullDisk, mayMount, unreadPipe } from './_outputs.ts';

recovers('when a pipe is read again', unreadPipe, /^what reads it is too slow$/);
describe.runIf(mayMount)('as root', () => {
  recovers('when a full disk has space again', fullDisk, /^ENOSPC/);
});
