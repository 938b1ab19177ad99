import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { NodeKeys } from '../../keys/index.js';
import { spend } from '../privacy/privacy-budget.js';
import { gaussianReleases } from '../privacy/renyi.js';
import type { RoundRow } from './round-row.js';
import { OPEN_ROUND_STATES } from './states.js';
import type { RoundTerms } from './terms.js';

/** Class of the locks that what an account has spent is reckoned under. */
const SPENT_LOCK = 22;

/** Rounds in which an account has spent something, of one delta. */
interface Counted {
  /** Sum of 1 / noise_multiplier^2 of them. */
  readonly spent: number;
  /** The least that one of them allows. */
  readonly epsilon: number;
  readonly delta: number;
}

/** Keeps the privacy of members: noise that only this node can make, and an account of what each of them has lost already. */
@Injectable()
export class RoundPrivacy {
  private readonly secret: Uint8Array;

  constructor(keys: NodeKeys) {
    this.secret = keys.noiseSecret;
  }

  /** What this node has bound itself to before anybody shows anything: SHA-256 of the seed of a private round's noise; null for any other round. */
  commitment(id: string, { privacy }: Pick<RoundTerms, 'privacy'>): string | null {
    return privacy === undefined ? null : nativeSha256Hex(this.seedOf(id));
  }

  /** The seed of a private round's noise, null for any other round; `ROUND_NOISE` (503) where a node with other keys has announced it. */
  seed(row: Pick<RoundRow, 'id' | 'terms' | 'noise'>): Result<Uint8Array | null> {
    if (row.terms.privacy === undefined) return ok(null);
    if (this.commitment(row.id, row.terms) === row.noise) return ok(this.seedOf(row.id));
    const message = `${row.id} was announced by a node with other keys: only that one can make its noise`;
    return err(new CodedError('ROUND_NOISE', message, { round: row.id }, 503));
  }

  /**
   * Whether an account can take part in one more private round: `PRIVACY_BUDGET_SPENT` (409). It is reckoned from the rounds themselves: of those that have a
   * result the ones with its update in it, of those that are open the ones in which it has committed; and no more than the terms of this round and of each of
   * those allow, so that nobody who announces a round allows more than the account has agreed to before. Held until the transaction ends.
   */
  async check(manager: EntityManager, account: string, row: RoundRow): Promise<Result<void>> {
    const { privacy } = row.terms;
    if (privacy === undefined) return ok();
    await manager.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [SPENT_LOCK, account]);
    const counted: Counted[] = await manager.query(
      `SELECT sum(power((r.terms::jsonb #>> '{privacy,noise_multiplier}')::float8, -2))::float8 AS spent,
         min((r.terms::jsonb #>> '{privacy,epsilon}')::float8) AS epsilon, (r.terms::jsonb #>> '{privacy,delta}')::float8 AS delta
       FROM learning_round_members m JOIN learning_rounds r ON r.id = m.round
       WHERE m.account = $1 AND r.id <> $2 AND r.noise IS NOT NULL AND m.commitment IS NOT NULL AND m.code IS NULL
         AND CASE WHEN r.outcome IS NULL THEN r.state = ANY ($3::text[]) ELSE m.update_hash IS NOT NULL END
       GROUP BY 3`,
      [account, row.id, OPEN_ROUND_STATES],
    );
    const before = gaussianReleases(counted.reduce((sum, { spent }) => sum + spent, 0));
    for (const limit of [privacy, ...counted]) {
      const after = spend(before, privacy.noise_multiplier, limit);
      if (!after.ok) return after;
    }
    return ok();
  }

  private seedOf(id: string): Uint8Array {
    return new Uint8Array(createHmac('sha256', this.secret).update(id).digest());
  }
}
