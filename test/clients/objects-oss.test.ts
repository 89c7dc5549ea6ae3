import { ALI_OSS } from './_ali-oss.ts';
import { describeMatrix, type Line, onBoth, signedReads } from './_matrix.ts';

/** The directory bucket stores whole objects only. */
const DIRECTORY: Line['refused'] = {
  multipart: 'NotImplemented',
  form: 'AccessDenied',
  copy: 'NotImplemented',
  list: 'NotImplemented',
  remove: 'NotImplemented',
};

describeMatrix(
  'oss',
  ALI_OSS.flatMap((client) => [
    ...onBoth({ client, mode: 'pass', store: 'the directory bucket' }, () => DIRECTORY),
    ...onBoth({ client, mode: 'pass', store: 'an OSS store' }),
    ...onBoth({ client, mode: 'resign', store: 'the directory bucket' }, () => DIRECTORY),
    ...onBoth({ client, mode: 'resign', store: 'an OSS store' }),
    ...onBoth({ client, mode: 'sign', store: 'an OSS store' }, () => signedReads(client)),
  ]),
);
