import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ClientKind, Entry, Keys, ObjectClient } from './_client.ts';

/** The smallest part of S3, but for the last. */
const PART = 5 * 2 ** 20;

/**
 * One attempt only: a retry would hide a fault. Without keys requests are not signed. `WHEN_SUPPORTED` is the SDK's default:
 * it adds checksums, to a stream as the trailer of aws-chunked.
 */
export const openS3 = (
  { url }: Pick<Entry, 'url'>,
  keys: Keys | null,
  checksums: 'WHEN_REQUIRED' | 'WHEN_SUPPORTED' = 'WHEN_REQUIRED',
) =>
  new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    ...(keys === null
      ? {
          credentials: { accessKeyId: '', secretAccessKey: '' },
          signer: { sign: async (request) => request },
        }
      : {
          credentials: {
            accessKeyId: keys.accessKey,
            secretAccessKey: keys.secretKey,
            ...(keys.token && { sessionToken: keys.token }),
          },
        }),
  });

export const AWS: ClientKind = {
  name: '@aws-sdk/client-s3',
  refusedHead: 'Unknown',
  lacks: { form: 'forms are signed by a package of its own, @aws-sdk/s3-presigned-post' },
  open: (entry, keys) => objectsOf(openS3(entry, keys), entry.bucket),
};

function objectsOf(s3: S3Client, Bucket: string): ObjectClient {
  const read = async (about: { Key: string; Range?: string }): Promise<Buffer> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, ...about }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  return {
    put: (Key, Body) => s3.send(new PutObjectCommand({ Bucket, Key, Body })),
    get: (Key) => read({ Key }),
    async head(Key) {
      const { ContentLength = -1, ETag = '' } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
      return { size: ContentLength, etag: ETag };
    },
    range: (Key, first, last) => read({ Key, Range: `bytes=${first}-${last}` }),
    async multipart(Key, content) {
      const object = { Bucket, Key };
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
      const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
      for (let PartNumber = 1; (PartNumber - 1) * PART < content.length; PartNumber += 1) {
        const Body = content.subarray((PartNumber - 1) * PART, PartNumber * PART);
        const { ETag } = await s3.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }));
        Parts.push({ PartNumber, ETag });
      }
      const complete = { ...object, UploadId, MultipartUpload: { Parts } };
      const { ETag = '' } = await s3.send(new CompleteMultipartUploadCommand(complete));
      return ETag;
    },
    urlToPut: (Key) => getSignedUrl(s3, new PutObjectCommand({ Bucket, Key }), { expiresIn: 60 }),
    urlToGet: (Key) => getSignedUrl(s3, new GetObjectCommand({ Bucket, Key }), { expiresIn: 60 }),
    form: () => Promise.reject(new Error(AWS.lacks?.form)),
    copy: (from, Key) => s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${from}` })),
    async list(Prefix) {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
      return Contents.map(({ Key = '' }) => Key);
    },
    remove: (keys) =>
      s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } })),
  };
}
