import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { messageOf } from '../../common/index.js';

const EVERY_MS = 3_600_000;
/** How long what is over is kept, so that a stolen refresh token that comes late is still recognised. */
const KEPT = `interval '30 days'`;

/** Forgets what is long over: ended sessions with their refresh tokens, revoked keys, unused nonces. */
@Injectable()
export class AccountCleaning {
  private readonly logger = new Logger('Auth');

  constructor(private readonly dataSource: DataSource) {}

  /** Runs once an hour; what fails is tried again the next time. */
  @Interval(EVERY_MS)
  async clean(): Promise<void> {
    try {
      await this.dataSource.query(
        `DELETE FROM sessions WHERE expires_at < now() - ${KEPT} OR ended_at < now() - ${KEPT}`,
      );
      await this.dataSource.query(`DELETE FROM refresh_tokens WHERE used_at < now() - ${KEPT}`);
      await this.dataSource.query(`DELETE FROM api_keys WHERE revoked_at < now() - ${KEPT}`);
      await this.dataSource.query('DELETE FROM wallet_nonces WHERE expires_at < now()');
    } catch (thrown) {
      this.logger.warn(`old sessions could not be removed: ${messageOf(thrown)}`);
    }
  }
}
