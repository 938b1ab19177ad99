import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Client } from 'pg';
import { messageOf } from '../../common/index.js';
import { BacklogMeter } from '../../common/observation/backlog-meter.js';
import { DATABASE_CONNECTION, type DatabaseConnection } from '../../database/index.js';

/** What a look at the database shows. Times are ms. */
export interface DatabaseLook {
  readonly awayMs: number;
  readonly detail: string;
  readonly waiting: number;
  readonly lagMs: number;
}

/** Entries without a leaf, and the ids of the first and the last of them. */
interface Backlog {
  readonly waiting: string;
  readonly oldest: string | null;
  readonly newest: string | null;
}

/** Longest time one look waits, ms. */
const PATIENCE_MS = 2_000;
const LAG =
  'SELECT count(*) AS waiting, min(id) AS oldest, max(id) AS newest FROM log_entries WHERE leaf_index IS NULL';

/** Asks the database over a connection of its own, so that an exhausted pool and a database that is away look different. */
@Injectable()
export class DatabaseWatch implements OnModuleDestroy {
  private client: Client | null = null;
  private readonly backlog = new BacklogMeter();
  private answeredAt = performance.now();
  private last: DatabaseLook = { awayMs: 0, detail: 'not asked yet', waiting: 0, lagMs: 0 };

  constructor(@Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection) {}

  async onModuleDestroy(): Promise<void> {
    await this.drop();
  }

  /** One question; takes at most about four seconds. */
  async look(): Promise<DatabaseLook> {
    try {
      const { waiting, oldest, newest } = await this.ask();
      this.answeredAt = performance.now();
      const lagMs = this.backlog.look(
        oldest === null ? null : BigInt(oldest),
        newest === null ? null : BigInt(newest),
      );
      this.last = { awayMs: 0, detail: 'answers', waiting: Number(waiting), lagMs };
    } catch (thrown) {
      await this.drop();
      const awayMs = performance.now() - this.answeredAt;
      this.last = { ...this.last, awayMs, detail: messageOf(thrown) };
    }
    return this.last;
  }

  private async ask(): Promise<Backlog> {
    this.client ??= await this.connect();
    const { rows } = await this.client.query<Backlog>(LAG);
    return rows[0];
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.connection.url,
      application_name: 'stemma-watch',
      connectionTimeoutMillis: PATIENCE_MS,
      query_timeout: PATIENCE_MS,
      statement_timeout: PATIENCE_MS,
    });
    client.on('error', () => void this.drop());
    await client.connect();
    return client;
  }

  /** A connection that does not answer is not asked to say goodbye. */
  private async drop(): Promise<void> {
    const { client } = this;
    this.client = null;
    (client as { connection?: { stream?: { destroy(): void } } } | null)?.connection?.stream?.destroy();
  }
}
