import { AWS } from './_aws.ts';
import { allBut, describeMatrix, onBoth } from './_matrix.ts';
import { MINIO } from './_minio.ts';
import { OBS } from './_obs.ts';

describeMatrix('s3', [
  ...[AWS, MINIO, OBS].flatMap((client) => [
    ...onBoth({ client, mode: 'pass', store: 'the Ceph gateway' }, (runtime) =>
      // A Worker cannot send the Host that SigV4 covers.
      runtime === 'workerd' && client !== OBS ? allBut('SignatureDoesNotMatch', 'form') : {},
    ),
    ...onBoth({ client, mode: 'resign', store: 'the Ceph gateway' }),
    ...onBoth({ client, mode: 'sign', store: 'the Ceph gateway' }, () => allBut('AccessDenied')),
  ]),
  ...[AWS, MINIO].flatMap((client) =>
    onBoth({ client, mode: 'sign', store: 'the Ceph gateway', unsigned: true }, () =>
      allBut('AccessDenied', 'get', 'head', 'range'),
    ),
  ),
]);
