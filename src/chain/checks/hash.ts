import { err, ok } from '../../common/index.js';
import { wrongHash } from '../block/index.js';
import type { HeaderCheck } from './check.js';

/** `BLOCK_HASH`: the header hashes to the name its sender claims. */
export const checkHash: HeaderCheck = ({ hash, claimedHash }) =>
  claimedHash === undefined || claimedHash === hash ? ok() : err(wrongHash(claimedHash, hash));
