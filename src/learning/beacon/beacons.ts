import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { bytesToHex } from '../../common/index.js';
import { LogAppender, LogReader } from '../../log/index.js';
import { NONCE_ENTRY, SUBMISSION_ENTRY, type Beacon } from './beacon.js';

/** Finds beacons in the log. */
@Injectable()
export class Beacons {
  constructor(
    private readonly log: LogReader,
    private readonly appender: LogAppender,
  ) {}

  /** Puts a random number behind a submission or a removal that is in the log; the first one counts. */
  async commit(manager: EntityManager, submission: string, actor: string): Promise<void> {
    const hash = bytesToHex(randomBytes(32));
    await this.appender.append(manager, [{ kind: NONCE_ENTRY, subject: submission, actor, hash, data: {} }]);
  }

  /** Whether a submission, or what else its entry is of, has its place in the log. */
  async isLogged(submission: string, entry = SUBMISSION_ENTRY): Promise<boolean> {
    return (await this.log.indexOf(submission, entry)) !== null;
  }

  /** The beacon of a submission; null while the published log does not reach that far. */
  async of(submission: string, entry = SUBMISSION_ENTRY): Promise<Beacon | null> {
    const [at, nonce] = await Promise.all(
      [entry, NONCE_ENTRY].map((kind) => this.log.indexOf(submission, kind)),
    );
    if (at === null || nonce === null) return null;
    const size = nonce + 1;
    const root = await this.log.rootAt(size);
    return root === null ? null : { submission_index: at, nonce_index: nonce, size, root };
  }
}
