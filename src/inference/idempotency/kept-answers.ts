import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What a request was answered with. */
export interface KeptAnswer {
  readonly contentType: string;
  readonly body: string;
  /** Id of the first receipt; null when there is none. */
  readonly receipt: string | null;
}

/** Whose key it is and where it was used: the same key of another account or endpoint is another key. */
export interface KeyScope {
  readonly key: string;
  readonly owner: string;
  readonly route: string;
}

/** Hours an answer is kept for repetitions of its request. */
const KEPT_HOURS = 24;

interface Row {
  readonly request_hash: string;
  readonly content_type: string;
  readonly answer: string;
  readonly receipt: string | null;
}

/** The table of answers that are kept for requests with an idempotency key. */
@Injectable()
export class KeptAnswers {
  constructor(private readonly dataSource: DataSource) {}

  /** The answer kept under a key with the hash of its request; null when there is none (any more). */
  async find({ key, owner, route }: KeyScope): Promise<{ requestHash: string; answer: KeptAnswer } | null> {
    const [row] = await this.dataSource.query<Row[]>(
      `SELECT request_hash, content_type, answer, receipt FROM idempotency_keys
       WHERE key = $1 AND owner = $2 AND route = $3 AND created_at > now() - $4 * interval '1 hour'`,
      [key, owner, route, KEPT_HOURS],
    );
    if (row === undefined) return null;
    const answer = { contentType: row.content_type, body: row.answer, receipt: row.receipt };
    return { requestHash: row.request_hash, answer };
  }

  /** Keeps an answer, and forgets the ones that are too old. */
  async keep({ key, owner, route }: KeyScope, requestHash: string, answer: KeptAnswer): Promise<void> {
    const old = `DELETE FROM idempotency_keys WHERE created_at <= now() - $1 * interval '1 hour'`;
    await this.dataSource.query(old, [KEPT_HOURS]);
    await this.dataSource.query(
      `INSERT INTO idempotency_keys (key, owner, route, request_hash, content_type, answer, receipt)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
      [key, owner, route, requestHash, answer.contentType, answer.body, answer.receipt],
    );
  }
}
