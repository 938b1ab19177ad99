import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { keepText, SameAnswers } from '../../common/answer-text.js';
import { FreshCache } from '../../common/fresh-cache.js';
import { FreshGroup } from '../../common/fresh-group.js';
import { canonicalJson, type Json } from '../../common/index.js';
import type { Receipt, ReceiptEvidence } from '../receipt/index.js';

/** A receipt with its private part and what lists show of it. */
export interface StoredReceipt {
  readonly receipt: Receipt;
  readonly evidence: ReceiptEvidence;
  /** The account that asked for the answer. */
  readonly owner: string;
  readonly model: string;
  readonly version: string;
}

/** One line of a list of receipts. */
export interface ReceiptSummary {
  readonly id: string;
  readonly model: string;
  readonly version: string;
  readonly release: string;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly finished_at: number;
}

/** A page of a list, and the cursor of the next page. */
export interface ReceiptPage {
  readonly items: readonly ReceiptSummary[];
  readonly next_cursor: string | null;
}

/** Which receipts a list shows, newest first; `before` is the cursor of the page before. */
export interface ReceiptFilter {
  readonly model?: string;
  readonly owner?: string;
  readonly before?: string;
  readonly limit: number;
}

/** The columns of lists. */
const LISTED = 'position, id, model, version, release, prompt_tokens, completion_tokens, finished_at';

type Row = Record<string, string | number>;

/** How long another replica may still show the newest receipts as they were. In this process a new one counts at once. */
const FRESH_MS = 1_000;
const MOST_LISTS = 500;
/** Lists that one query reads. */
const MOST_TOGETHER = 64;
/** What is remembered of a list; longer pages and later ones are asked for. */
const NEWEST = 50;

/** The table of receipts. Append only. */
@Injectable()
export class ReceiptStore {
  private readonly everybodys = new FreshCache(() => this.rows({ limit: NEWEST }), {
    freshMs: FRESH_MS,
    most: 1,
  });
  private readonly newest = new FreshGroup((owners) => this.newestOf(owners), {
    freshMs: FRESH_MS,
    most: MOST_LISTS,
    together: MOST_TOGETHER,
  });
  private readonly pages = new SameAnswers(MOST_LISTS);

  constructor(private readonly dataSource: DataSource) {}

  /** Inserts in the caller's transaction; a receipt that is there already stays as it is. */
  async insert(manager: EntityManager, stored: StoredReceipt): Promise<void> {
    const { receipt, evidence, owner, model, version } = stored;
    await manager.query(
      `INSERT INTO receipts (id, owner, model, release, version, prompt_tokens, completion_tokens, finished_at, receipt, evidence)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`,
      [
        receipt.id,
        owner,
        model,
        receipt.release,
        version,
        evidence.prompt_ids.length,
        receipt.output.tokens,
        receipt.finished_at,
        canonicalJson(receipt as unknown as Json),
        canonicalJson(evidence as unknown as Json),
      ],
    );
  }

  /** A receipt by its id; null when there is none. */
  async find(id: string): Promise<StoredReceipt | null> {
    const sql = 'SELECT owner, model, version, receipt, evidence FROM receipts WHERE id = $1';
    const [row] = await this.dataSource.query<Row[]>(sql, [id]);
    if (row === undefined) return null;
    return {
      owner: String(row.owner),
      model: String(row.model),
      version: String(row.version),
      receipt: keepText(JSON.parse(String(row.receipt)) as Receipt),
      evidence: keepText(JSON.parse(String(row.evidence)) as ReceiptEvidence),
    };
  }

  /** The receipts of these ids, without their private parts; unknown ones are left out. */
  async many(ids: readonly string[]): Promise<Map<string, Receipt>> {
    const sql = 'SELECT id, receipt FROM receipts WHERE id = ANY($1::text[])';
    const rows = await this.dataSource.query<Row[]>(sql, [ids]);
    return new Map(rows.map((row) => [String(row.id), JSON.parse(String(row.receipt)) as Receipt]));
  }

  /** Every stored receipt as it lies there, oldest first, `page` at a time; what is not JSON reads as null. */
  async *all(page: number): AsyncGenerator<{ id: string; receipt: unknown; evidence: unknown }> {
    for (let after = '0'; ;) {
      const rows = await this.dataSource.query<Row[]>(
        'SELECT position, id, receipt, evidence FROM receipts WHERE position > $1 ORDER BY position LIMIT $2',
        [after, page],
      );
      for (const row of rows) {
        yield { id: String(row.id), receipt: parsed(row.receipt), evidence: parsed(row.evidence) };
      }
      if (rows.length < page) return;
      after = String(rows[rows.length - 1].position);
    }
  }

  /** A page of summaries, newest first, and the cursor of the next page or null. */
  async list(filter: ReceiptFilter): Promise<ReceiptPage> {
    const { limit, model, before, owner } = filter;
    const isNewest = model === undefined && before === undefined && limit <= NEWEST;
    if (!isNewest) return pageOf(await this.rows(filter), limit);
    const rows = await (owner === undefined ? this.everybodys.get('') : this.newest.get(owner));
    return this.pages.of(`${limit} ${owner ?? ''}`, [rows], () => pageOf(rows, limit));
  }

  /** Makes a receipt that was just committed count for the next list. */
  committed({ owner }: StoredReceipt): void {
    this.newest.forget(owner);
    this.everybodys.clear();
  }

  /** The newest rows of some accounts, one more than a page may have. */
  private async newestOf(owners: readonly string[]): Promise<Row[][]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT place, ${LISTED} FROM unnest($1::text[]) WITH ORDINALITY AS asked (asked_owner, place)
       CROSS JOIN LATERAL (
         SELECT ${LISTED} FROM receipts WHERE owner = asked_owner ORDER BY position DESC LIMIT $2
       ) newest ORDER BY place, position DESC`,
      [owners, NEWEST + 1],
    );
    const lists: Row[][] = owners.map(() => []);
    for (const row of rows) lists[Number(row.place) - 1].push(row);
    return lists;
  }

  /** A page and one row more, which tells whether there is another page. */
  private rows(filter: ReceiptFilter): Promise<Row[]> {
    return this.dataSource.query<Row[]>(
      `SELECT ${LISTED} FROM receipts
       WHERE ($1::text IS NULL OR model = $1) AND ($2::bigint IS NULL OR position < $2)
         AND ($4::text IS NULL OR owner = $4)
       ORDER BY position DESC LIMIT $3`,
      [filter.model ?? null, filter.before ?? null, filter.limit + 1, filter.owner ?? null],
    );
  }
}

function pageOf(rows: readonly Row[], limit: number): ReceiptPage {
  const page = rows.slice(0, limit);
  return {
    items: page.map(summary),
    next_cursor: rows.length > limit ? String(page[page.length - 1].position) : null,
  };
}

function parsed(text: string | number): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return null;
  }
}

function summary(row: Row): ReceiptSummary {
  return {
    id: String(row.id),
    model: String(row.model),
    version: String(row.version),
    release: String(row.release),
    prompt_tokens: Number(row.prompt_tokens),
    completion_tokens: Number(row.completion_tokens),
    finished_at: Number(row.finished_at),
  };
}
