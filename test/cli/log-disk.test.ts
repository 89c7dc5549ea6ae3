import { describe } from 'vitest';
import { endures, recovers } from './endures.ts';
import { fullDisk, mayMount } from './outputs.ts';

describe.runIf(mayMount)('as root', () => {
  endures('a disk that fills up', fullDisk);
  recovers('when a full disk has room again', fullDisk, /^ENOSPC/);
});
