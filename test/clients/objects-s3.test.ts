import { AWS } from './_aws.ts';
import type { ClientKind } from './_client.ts';
import type { Runtime } from './_edges.ts';
import { allBut, describeMatrix, lineOnBoth, type Refused, signedReads } from './_matrix.ts';
import { MINIO } from './_minio.ts';
import { OBS } from './_obs.ts';

const store = 'the Ceph gateway';

/** SigV4 covers the Host, and a Worker cannot send the client's. */
const OTHER_HOST = (client: ClientKind): Refused => ({
  ...allBut('SignatureDoesNotMatch', 'form'),
  head: client.refusedHead,
});

/** It signs URLs alone by SigV4. */
const OTHER_HOST_OBS = { urlToPut: 'SignatureDoesNotMatch', urlToGet: 'SignatureDoesNotMatch' };

const onNode = (runtime: Runtime) => runtime === 'Node';

describeMatrix('s3', [
  ...[AWS, MINIO].flatMap((client) => [
    ...lineOnBoth({ client, mode: 'pass', store }, (runtime) => (onNode(runtime) ? {} : OTHER_HOST(client))),
    ...lineOnBoth({ client, mode: 'resign', store }),
    ...lineOnBoth({ client, mode: 'sign', store }, (runtime) => ({
      ...(onNode(runtime) ? {} : OTHER_HOST(client)),
      ...signedReads(client),
      // It begins with a list of unfinished uploads, which is a read; the others end with a HEAD.
      ...(client === MINIO && { multipart: 'AccessDenied' }),
      ...(client === AWS && !onNode(runtime) && { multipart: 'SignatureDoesNotMatch' }),
    })),
    ...lineOnBoth({ client, mode: 'sign', store, unsigned: true }, () =>
      allBut('AccessDenied', 'get', 'head', 'range'),
    ),
  ]),
  ...lineOnBoth({ client: OBS, mode: 'pass', store }, (runtime) => (onNode(runtime) ? {} : OTHER_HOST_OBS)),
  ...lineOnBoth({ client: OBS, mode: 'sign', store }, (runtime) => ({
    ...(onNode(runtime) ? {} : OTHER_HOST_OBS),
    ...signedReads(OBS),
  })),
  // The edge verifies OSS V1, OSS V4 and SigV4.
  ...lineOnBoth({ client: OBS, mode: 'resign', store }, () => ({
    ...allBut('InvalidArgument', 'urlToPut', 'urlToGet', 'form'),
    head: '400',
  })),
]);
