import type { Authorize } from '../edge/bucket.ts';
import type { Access } from './access.ts';
import type { SigningMeans } from './signer.ts';

/** Who signs a bucket's requests for objects; undefined: the client alone. */
export const openAuthorize = (_access: Access, _means: SigningMeans): Authorize | undefined => undefined;
