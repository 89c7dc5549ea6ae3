import { COS_DEFAULT, COS_NO_HEADERS } from './_cos.ts';
import { allBut, describeMatrix, lineOnBoth } from './_matrix.ts';

const store = 'a COS store';
const { refusedHead } = COS_DEFAULT;

describeMatrix('cos', [
  ...lineOnBoth({ client: COS_NO_HEADERS, mode: 'pass', store }),
  ...lineOnBoth({ client: COS_DEFAULT, mode: 'pass', store }, (runtime) =>
    runtime === 'Node'
      ? {}
      : // It signs the Host, and a Worker cannot send the client's. It signs a Content-Length of 0 too, which workerd omits.
        { ...allBut('SignatureDoesNotMatch'), head: refusedHead },
  ),
  // The edge verifies OSS V1, OSS V4 and SigV4; a signed URL of another form is the store's to check.
  ...lineOnBoth({ client: COS_NO_HEADERS, mode: 'resign', store }, () => ({
    ...allBut('InvalidArgument', 'urlToPut', 'urlToGet'),
    head: '400',
  })),
]);
