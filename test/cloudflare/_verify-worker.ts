import { type ClientRequest, verifyRequest } from '../../src/bucket/verify/verify.ts';
import { KEYS, NOW, REGION, TEMPORARY } from '../bucket/verify/_forms.ts';

/** Verifies the request that the body describes, for the bucket `media`. */
export default {
  fetch: async (request: Request): Promise<Response> => {
    const checked = await verifyRequest((await request.json()) as ClientRequest, {
      dialect: 'oss',
      bucket: 'media',
      region: REGION,
      keys: async () => [KEYS, TEMPORARY],
      wallClock: () => NOW,
    });
    return Response.json(checked.ok ? 'accepted' : checked.refusal.code);
  },
};
