import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodedError, err, ok, type Result } from '../common/index.js';

/** Whose key it is and where it was used: the same key of another account or address is another key. */
export interface WriteScope {
  readonly key: string;
  readonly owner: string;
  readonly route: string;
}

/** What a write was answered with; `answer` is JSON. */
export interface WriteAnswer {
  readonly status: number;
  readonly answer: string;
}

/** Answers are kept for a day; work that was never finished (the server was killed) may be done again after two minutes. */
const KEPT = `interval '24 hours'`;
const ABANDONED = `interval '2 minutes'`;

/** The table of writes that carried an idempotency key. */
@Injectable()
export class WriteKeys {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Claims a key for a request: null means that the caller is the one to do the work, otherwise it was done and answered.
   * Refusals: IDEMPOTENCY_KEY_REUSED (for another request), IDEMPOTENCY_KEY_BUSY.
   */
  async claim({ key, owner, route }: WriteScope, requestHash: string): Promise<Result<WriteAnswer | null>> {
    const claimed: unknown[] = await this.dataSource.query(
      `INSERT INTO write_keys AS kept (key, owner, route, request_hash) VALUES ($1, $2, $3, $4)
       ON CONFLICT (key, owner, route) DO UPDATE
         SET request_hash = EXCLUDED.request_hash, status = NULL, answer = NULL, created_at = now()
         WHERE kept.created_at < now() - ${KEPT} OR (kept.status IS NULL AND kept.created_at < now() - ${ABANDONED})
       RETURNING 1`,
      [key, owner, route, requestHash],
    );
    if (claimed.length > 0) return ok(null);
    const [row] = await this.dataSource.query<
      { request_hash: string; status: number | null; answer: string }[]
    >('SELECT request_hash, status, answer FROM write_keys WHERE key = $1 AND owner = $2 AND route = $3', [
      key,
      owner,
      route,
    ]);
    if (row !== undefined && row.request_hash !== requestHash) {
      return refuse('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another request.');
    }
    if (row === undefined || row.status === null) {
      return refuse(
        'IDEMPOTENCY_KEY_BUSY',
        'The first request with this Idempotency-Key is still being worked on.',
      );
    }
    return ok({ status: row.status, answer: row.answer });
  }

  /** Keeps the answer of a claimed key, and forgets the ones that are too old. */
  async keep({ key, owner, route }: WriteScope, { status, answer }: WriteAnswer): Promise<void> {
    await this.dataSource.query(
      'UPDATE write_keys SET status = $4, answer = $5 WHERE key = $1 AND owner = $2 AND route = $3',
      [key, owner, route, status, answer],
    );
    await this.dataSource.query(`DELETE FROM write_keys WHERE created_at < now() - ${KEPT}`);
  }

  /** Gives a claimed key back: nothing was done, the request may be repeated. */
  async release({ key, owner, route }: WriteScope): Promise<void> {
    await this.dataSource.query('DELETE FROM write_keys WHERE key = $1 AND owner = $2 AND route = $3', [
      key,
      owner,
      route,
    ]);
  }
}

function refuse(code: string, message: string): Result<never> {
  return err(new CodedError(code, message, {}, 409));
}
