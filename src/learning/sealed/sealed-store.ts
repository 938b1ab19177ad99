import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { hashJson, type Json } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { BeaconDraw } from './sealed-draw.js';
import type { OpenedExample, SealedCommitment } from './sealed-set.js';
import { textKey } from './text-key.js';

/** A draw from a set. Members are named as in JSON. */
export interface SealedDraw extends BeaconDraw {
  /** The submission or the removal that is measured. */
  readonly subject: string;
  /** 0: the usual examples; from 1: more of domains in doubt. */
  readonly round: number;
  /** Root of the log that they were drawn from. */
  readonly beacon: string;
}

/** A draw as stored. */
export interface StoredDraw extends SealedDraw {
  /** Root of the set. */
  readonly set: string;
  /** Grows with every draw. */
  readonly position: string;
  /** What was drawn, with the way to the root. Nobody is shown it before the verdict. */
  readonly examples: readonly OpenedExample[];
}

/** A set as stored. */
export interface StoredSet {
  readonly commitment: SealedCommitment;
  readonly position: string;
  readonly account: string;
  readonly createdAt: Date;
}

type Asked = Pick<EntityManager, 'query'>;
type Columns = Readonly<Record<string, string>>;

const DRAW_COLUMNS = 'set_root, position, subject, round, beacon, drawn, skipped';

/** SHA-256 of the canonical JSON of a draw, as it stands in the log. */
export function drawHash(set: string, { subject, round, beacon, drawn, skipped }: SealedDraw): string {
  return hashJson({ set, subject, round, beacon, drawn, skipped } as unknown as Json);
}

/** The tables of sealed sets and of what was drawn from them. Documents are there only once they were drawn. */
@Injectable()
export class SealedStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds a set. @returns false: it is there already */
  async add(manager: Asked, commitment: SealedCommitment, account: string): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `INSERT INTO learning_sealed_sets (root, model, commitment, account) VALUES ($1, $2, $3, $4)
       ON CONFLICT (root) DO NOTHING RETURNING root`,
      [commitment.root, commitment.model, JSON.stringify(commitment), account],
    );
    return rows.length > 0;
  }

  /** Sets, newest first: of one model, or all. @param before `position` of the last one of the page before */
  async sets(model: string | null, limit = 100, before: string | null = null): Promise<StoredSet[]> {
    const rows = await this.dataSource.query<(Columns & { created_at: Date })[]>(
      `SELECT position, commitment, account, created_at FROM learning_sealed_sets
       WHERE ($1::text IS NULL OR model = $1) AND ($3::bigint IS NULL OR position < $3)
       ORDER BY position DESC LIMIT $2`,
      [model, limit, before],
    );
    return rows.map(({ position, commitment, account, created_at: createdAt }) => ({
      commitment: JSON.parse(commitment) as SealedCommitment,
      ...{ position, account, createdAt },
    }));
  }

  /** The set of a root; null where there is none. @param lock until the manager's transaction ends: draws follow each other */
  async set(root: string, manager: Asked = this.dataSource, lock = ''): Promise<SealedCommitment | null> {
    const rows: Columns[] = await manager.query(
      `SELECT commitment FROM learning_sealed_sets WHERE root = $1 ${lock}`,
      [root],
    );
    return rows.length === 0 ? null : (JSON.parse(rows[0].commitment) as SealedCommitment);
  }

  /** All draws from a set, oldest first, without their documents. */
  async draws(root: string, manager: Asked = this.dataSource): Promise<Omit<StoredDraw, 'examples'>[]> {
    const rows: Columns[] = await manager.query(
      `SELECT ${DRAW_COLUMNS} FROM learning_sealed_draws WHERE set_root = $1 ORDER BY position`,
      [root],
    );
    return rows.map(drawOf);
  }

  /** Places of a set that are used up: drawn or skipped, each once. */
  async used(root: string, manager: Asked = this.dataSource): Promise<Set<number>> {
    const draws = await this.draws(root, manager);
    return new Set(
      draws.flatMap(({ drawn, skipped }) => [
        ...Object.values(drawn).flat(),
        ...skipped.map(({ index }) => index),
      ]),
    );
  }

  /**
   * Places of a set that nobody will be judged by: those that are used up, and those whose document was found in an approved dataset so
   * far, which every draw passes over.
   */
  async unusable(root: string): Promise<Set<number>> {
    const scans = await this.dataSource.query<{ found: string }[]>(
      'SELECT found FROM learning_sealed_scans WHERE set_root = $1',
      [root],
    );
    const found = scans.flatMap((scan) => JSON.parse(scan.found) as number[]);
    return new Set([...(await this.used(root)), ...found]);
  }

  /** The draws for a submission or removal with their documents, in the order of rounds. */
  async drawsFor(subject: string, manager: Asked = this.dataSource): Promise<StoredDraw[]> {
    const rows: Columns[] = await manager.query(
      `SELECT ${DRAW_COLUMNS}, examples FROM learning_sealed_draws WHERE subject = $1 ORDER BY round`,
      [subject],
    );
    return rows.map((row) => ({ ...drawOf(row), examples: JSON.parse(row.examples) as OpenedExample[] }));
  }

  /** Adds a draw, and notes the texts that will be known by it. */
  async addDraw(
    manager: Asked,
    set: string,
    draw: SealedDraw,
    examples: readonly OpenedExample[],
  ): Promise<void> {
    const { subject, round, beacon, drawn, skipped } = draw;
    await manager.query(
      `INSERT INTO learning_sealed_draws (set_root, subject, round, beacon, drawn, skipped, examples)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [set, subject, round, beacon, ...[drawn, skipped, examples].map((value) => JSON.stringify(value))],
    );
    await manager.query(
      `INSERT INTO learning_sealed_opened (text_key, set_root) SELECT unnest($1::text[]), $2
       ON CONFLICT (text_key) DO NOTHING`,
      [examples.map(({ content }) => textKey(content, nativeSha256)).sort(), set],
    );
  }
}

function drawOf(row: Columns): Omit<StoredDraw, 'examples'> {
  return {
    ...{ set: row.set_root, position: row.position, subject: row.subject, round: Number(row.round) },
    ...{ beacon: row.beacon, drawn: JSON.parse(row.drawn) as StoredDraw['drawn'] },
    skipped: JSON.parse(row.skipped) as StoredDraw['skipped'],
  };
}
