import { err, ok } from '../../common/index.js';
import { encodeHeader, wrongSignature } from '../block/index.js';
import type { HeaderCheck } from './check.js';

/** `BLOCK_SIGNATURE`: the author signed the header, with the low one of the two possible signatures. */
export const checkSignature: HeaderCheck = ({ hash, header }, context) =>
  context.checkSignature(header.miner_pub, encodeHeader(header), header.signature)
    ? ok()
    : err(wrongSignature(hash));
