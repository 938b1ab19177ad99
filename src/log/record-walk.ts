import type { DataSource } from 'typeorm';
import { messageOf } from '../common/index.js';
import type { HealthReport } from '../common/observation/health-registry.js';

/** Records that are compared in one round: the newest, and the next ones of a walk through all of them. */
const PAGE = 250;
/** Entries of the log that are looked through for records that are gone, likewise. */
const ENTRY_PAGE = 1_000;
/** Records that are remembered as wrong; a table that has more has been noticed. */
const MOST_WRONG = 16;

/** A table of audit records, each of which has an entry in the log whose subject is the record's hash. */
export interface RecordTable {
  /** Has the columns `position`, `hash` and `record` (text). */
  readonly name: 'guardian_audit' | 'task_audit';
  /** Kind of the log's entries. */
  readonly kind: string;
  /** Hash of a record as it was parsed; throws where it is none. */
  hashOf(record: unknown): string;
}

/** One place of the walk: what the table and the log have of one hash. */
interface Pair {
  readonly place: string;
  readonly hash: string;
  readonly record: string | null;
  readonly leaf: string | null;
  /** Whether it is about such a record at all. */
  readonly counts: boolean;
}

/**
 * Compares audit records with the entries of the log, bit by bit: in every round the newest, and the next ones of a walk that begins
 * anew at its end. It costs the same however long the table is; `stemma fsck` compares everything at once, and with the log's files.
 */
export class RecordWalk {
  private afterRecord = '0';
  private afterEntry = '0';
  private walks = 0;
  private compared = 0;
  private readonly wrong = new Map<string, string>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly table: RecordTable,
  ) {}

  /** One round. `failed` from the round that finds a record which is not what the log says until one that finds it mended. */
  async check(): Promise<HealthReport> {
    try {
      await this.look();
    } catch (thrown) {
      return { status: 'degraded', detail: `records could not be compared: ${messageOf(thrown)}` };
    }
    const facts = { compared: this.compared, walks: this.walks, wrong: [...this.wrong.keys()] };
    if (this.wrong.size === 0)
      return { status: 'ok', detail: `${this.compared} comparisons of records with the log agree`, facts };
    const found = [...this.wrong].map(([hash, what]) => `the record ${hash} ${what}`);
    return { status: 'failed', detail: `${found.join('; ')}; see stemma fsck`, facts };
  }

  private async look(): Promise<void> {
    for (const hash of [...this.wrong.keys()]) this.judge(await this.pairOf(hash));
    for (const pair of await this.records('ORDER BY a.position DESC', '0')) this.judge(pair);
    for (const pair of await this.entries('ORDER BY id DESC', '0')) this.judge(pair);
    const records = await this.records('ORDER BY a.position', this.afterRecord);
    for (const pair of records) this.judge(pair);
    const entries = await this.entries('ORDER BY id', this.afterEntry);
    for (const pair of entries) this.judge(pair);
    if (records.length < PAGE) this.walks += 1;
    this.afterRecord = records.length < PAGE ? '0' : records[records.length - 1].place;
    this.afterEntry = entries.length < ENTRY_PAGE ? '0' : entries[entries.length - 1].place;
  }

  /** Each record of a page with its entry, if it has one. */
  private records(order: string, after: string): Promise<Pair[]> {
    return this.dataSource.query<Pair[]>(
      `SELECT a.position AS place, a.hash, a.record, l.leaf, true AS counts FROM ${this.table.name} a
       LEFT JOIN LATERAL (SELECT leaf FROM log_entries WHERE subject = a.hash AND kind = $1 LIMIT 1) l ON true
       WHERE a.position > $2 ${order} LIMIT ${PAGE}`,
      [this.table.kind, after],
    );
  }

  /** Each entry of a page that is about such a record, with it; of the others only their places. */
  private entries(order: string, after: string): Promise<Pair[]> {
    return this.dataSource.query<Pair[]>(
      `SELECT e.id AS place, e.subject AS hash, a.record, CASE WHEN e.kind = $1 THEN e.leaf END AS leaf, e.kind = $1 AS counts
       FROM (SELECT id, kind, subject, leaf FROM log_entries WHERE id > $2 ${order} LIMIT ${ENTRY_PAGE}) e
       LEFT JOIN ${this.table.name} a ON e.kind = $1 AND a.hash = e.subject ORDER BY e.id`,
      [this.table.kind, after],
    );
  }

  private async pairOf(hash: string): Promise<Pair> {
    const [pair] = await this.dataSource.query<Pair[]>(
      `SELECT '0' AS place, $1::text AS hash, true AS counts,
         (SELECT record FROM ${this.table.name} WHERE hash = $1) AS record,
         (SELECT leaf FROM log_entries WHERE subject = $1 AND kind = $2 LIMIT 1) AS leaf`,
      [hash, this.table.kind],
    );
    return pair;
  }

  private judge({ hash, record, leaf, counts }: Pair): void {
    if (!counts) return;
    this.compared += 1;
    const what = this.differenceOf(hash, record, leaf);
    if (what === null) this.wrong.delete(hash);
    else if (this.wrong.has(hash) || this.wrong.size < MOST_WRONG) this.wrong.set(hash, what);
  }

  private differenceOf(hash: string, record: string | null, leaf: string | null): string | null {
    if (record === null) return leaf === null ? null : 'is in the log, but not stored';
    if (leaf === null) return 'has no entry in the log';
    if (hashIn(leaf) !== hash) return 'has an entry in the log that was altered';
    return this.isIts(hash, record) ? null : 'was altered';
  }

  private isIts(hash: string, record: string): boolean {
    try {
      return this.table.hashOf(JSON.parse(record)) === hash;
    } catch {
      return false;
    }
  }
}

/** The hash that a leaf speaks of; null where it is none. */
function hashIn(leaf: string): string | null {
  try {
    return (JSON.parse(leaf) as { hash?: string } | null)?.hash ?? null;
  } catch {
    return null;
  }
}
