import type { DataSource } from 'typeorm';
import { equalBytes } from '../../common/index.js';
import type { Findings } from '../../log/index.js';

const PAGE = 512;

/** Compares the database's numbered entries with the published leaves as they come by, in order. */
export class LogRowComparison {
  private page: { readonly leaf_index: string; readonly leaf: string }[] = [];
  private position = 0;
  private readonly wrong = new Map<number, Uint8Array>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly findings: Findings,
  ) {}

  /** Leaves whose rows are missing or different, for repair. */
  get wrongLeaves(): ReadonlyMap<number, Uint8Array> {
    return this.wrong;
  }

  /** Findings: `ROW_LOG_MISSING`, `ROW_LOG_WRONG`. @param leaf as published */
  async compare(index: number, leaf: Uint8Array): Promise<void> {
    const row = await this.rowAt(index);
    if (row === null) {
      this.wrong.set(index, leaf);
      this.findings.error(
        'ROW_LOG_MISSING',
        `log entry ${index}`,
        `the database has lost log entry ${index}`,
      );
    } else if (!equalBytes(Buffer.from(row), leaf)) {
      this.wrong.set(index, leaf);
      this.findings.error(
        'ROW_LOG_WRONG',
        `log entry ${index}`,
        `the database's log entry ${index} is not the published one`,
      );
    }
  }

  private async rowAt(index: number): Promise<string | null> {
    const lastOfPage = this.page.at(-1);
    if (lastOfPage === undefined || Number(lastOfPage.leaf_index) < index) await this.load(index);
    while (this.position < this.page.length && Number(this.page[this.position].leaf_index) < index)
      this.position++;
    const row = this.page[this.position];
    return row !== undefined && Number(row.leaf_index) === index ? row.leaf : null;
  }

  private async load(first: number): Promise<void> {
    this.position = 0;
    this.page = await this.dataSource.query(
      `SELECT leaf_index, leaf FROM log_entries WHERE leaf_index >= $1 ORDER BY leaf_index LIMIT ${PAGE}`,
      [first],
    );
  }
}
