import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { addressGroup, Limiters, type Limiter } from '../limits/index.js';

/** New accounts of one network address per hour. */
const NEWCOMERS_PER_HOUR = 30;

/** Whether people can come in at all. */
@Injectable()
export class Door {
  private readonly newcomers: Limiter;

  constructor(
    private readonly config: AppConfig,
    limiters: Limiters,
  ) {
    this.newcomers = limiters.create('newcomers', NEWCOMERS_PER_HOUR, 3600);
  }

  /** Refusal: SINGLE_USER, where everybody is in already. */
  isOpen(): Result<void> {
    const detail = 'This server has one user, who needs no account (SINGLE_USER=false changes that).';
    return this.config.singleUser ? err(new CodedError('SINGLE_USER', detail, {}, 409)) : ok();
  }

  /** Counts somebody who wants an account. Refusals: SINGLE_USER, RATE_LIMITED. */
  async newcomer(ip: string): Promise<Result<void>> {
    const open = this.isOpen();
    if (!open.ok) return open;
    const { allowed, resetMs } = await this.newcomers.take(addressGroup(ip));
    if (allowed) return ok();
    const retryAfter = Math.max(1, Math.ceil(resetMs / 1000));
    const detail = 'Too many accounts were made from this address.';
    return err(new CodedError('RATE_LIMITED', detail, { retryAfter }, 429));
  }
}
