import { err, ok } from '../../common/index.js';
import { leadingZeroBits, tooLittleWork } from '../block/index.js';
import type { HeaderCheck } from './check.js';

/** `BLOCK_WORK`: the hash has the leading zero bits asked of this author. */
export const checkWork: HeaderCheck = ({ hash, header }, context) => {
  const difficulty = context.difficultyFor(header.miner_pub);
  return leadingZeroBits(hash) >= difficulty ? ok() : err(tooLittleWork(hash, difficulty));
};
