import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { NodeKeys } from '../../keys/index.js';

const DAY_MS = 86_400_000;
const DIGITS = 32;

/**
 * Names for those who ask that tell nobody their account: the log shows which answers of a day were asked for by the same account, so
 * that rewards can be counted per payer, and no more than that. The names of another day cannot be brought together with them.
 */
@Injectable()
export class PayerNames {
  constructor(private readonly keys: NodeKeys) {}

  /** 32 hex digits: HMAC-SHA256 with a secret of this node over day and account. @param time ms since the epoch */
  nameOf(account: string, time: number): string {
    const day = Math.floor(time / DAY_MS);
    const hash = createHmac('sha256', this.keys.tokenSecret).update(`stemma/payer/v1 ${day} ${account}`);
    return hash.digest('hex').slice(0, DIGITS);
  }
}
