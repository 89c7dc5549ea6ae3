import { ALI_OSS } from './_ali-oss.ts';
import { FETCH, READS } from './_fetch.ts';
import { describeMatrix, lineOnBoth, type Refused, signedReads } from './_matrix.ts';

/** The directory bucket copies no objects. */
const DIRECTORY: Refused = { copy: 'NotImplemented' };

describeMatrix('oss', [
  ...ALI_OSS.flatMap((client) => [
    ...lineOnBoth({ client, mode: 'pass', store: 'the directory bucket' }, () => DIRECTORY),
    ...lineOnBoth({ client, mode: 'pass', store: 'an OSS store' }),
    ...lineOnBoth({ client, mode: 'resign', store: 'the directory bucket' }, () => DIRECTORY),
    ...lineOnBoth({ client, mode: 'resign', store: 'an OSS store' }),
    ...lineOnBoth({ client, mode: 'sign', store: 'an OSS store' }, () => signedReads(client)),
  ]),
  // The edge signs by OSS V4: reads of a private bucket for everybody.
  ...(['the directory bucket', 'an OSS store'] as const).flatMap((store) => [
    ...lineOnBoth({ client: FETCH, mode: 'sign', store, unsigned: true, operations: READS }),
    ...lineOnBoth({ client: FETCH, mode: 'resign', store, unsigned: true, operations: READS }, () => ({
      get: '403',
      head: '403',
      range: '403',
    })),
  ]),
]);
