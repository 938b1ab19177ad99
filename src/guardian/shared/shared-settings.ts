import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Client } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { canonicalJson, messageOf, systemClock, type Json } from '../../common/index.js';
import { DATABASE_CONNECTION, type DatabaseConnection } from '../../database/index.js';
import { inTime } from '../../monitoring/index.js';

const CHANNEL = 'stemma_shared_settings';
/** How often it is asked for, ms: what no notice told of is known within the second that an emergency stop may take. */
const POLL_MS = 600;
/** How long the connection that brings notices may take for an answer until another one is asked as well, ms. */
const PATIENCE_MS = 100;
const LISTEN_AGAIN_MS = 2_000;
const CONNECT_MS = 3_000;

const READ = 'SELECT name, value FROM shared_settings';

interface SettingRow {
  readonly name: string;
  readonly value: string;
}

/** A connection that brings notices. */
interface Listener {
  readonly client: Client;
  readonly lost: () => void;
  /** Whether it still owes an answer. */
  asked: boolean;
}

type Watcher = (value: Json | undefined) => void;

/**
 * Small values that all replicas share and that change while they run: the emergency stop, limits, the engine's size, stages
 * of releases. A change is told of by NOTIFY at its commit; a poll finds what no notice told of, also where the connection that
 * brings them is dead without a word. While the database is away what was known last stays.
 */
@Injectable()
export class SharedSettings implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Settings');
  private readonly watchers: {
    readonly prefix: string;
    readonly told: (name: string, value: Json | undefined) => void;
  }[] = [];
  private known = new Map<string, string>();
  /** The connection that brings notices; null while there is none. */
  private listener: Listener | null = null;
  private timer: NodeJS.Timeout | undefined;
  private listenTimer: NodeJS.Timeout | undefined;
  private reading: Promise<boolean> | null = null;
  private again = false;
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.refresh();
    this.timer = setInterval(() => void this.refresh(), POLL_MS);
    this.timer.unref();
    void this.listen();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    clearTimeout(this.listenTimer);
    await this.reading;
    await this.listener?.client.end().catch(() => undefined);
  }

  /** A value as this process knows it; undefined where nobody set it. */
  get(name: string): Json | undefined {
    const text = this.known.get(name);
    return text === undefined ? undefined : (JSON.parse(text) as Json);
  }

  /** When a value was set last, ms since the epoch; null where nobody set it. */
  async changedAt(name: string): Promise<number | null> {
    const rows = await this.dataSource.query<{ changed_at: string }[]>(
      'SELECT changed_at FROM shared_settings WHERE name = $1',
      [name],
    );
    return rows.length === 0 ? null : Number(rows[0].changed_at);
  }

  /** Names that begin with a prefix. */
  names(prefix: string): string[] {
    return [...this.known.keys()].filter((name) => name.startsWith(prefix));
  }

  /** Calls the watcher with a value as it is now, and whenever it changes. */
  watch(name: string, watcher: Watcher): void {
    this.watchers.push({ prefix: name, told: (changed, value) => changed === name && watcher(value) });
    watcher(this.get(name));
  }

  /** Calls the watcher whenever something changes whose name begins with a prefix. */
  watchAll(prefix: string, watcher: (name: string) => void): void {
    this.watchers.push({ prefix, told: watcher });
    for (const name of this.names(prefix)) watcher(name);
  }

  /** Sets a value in the caller's transaction; null removes it. Call `refresh` after the commit. */
  async put(manager: EntityManager, name: string, value: Json, actor: string): Promise<void> {
    if (value === null) await manager.query('DELETE FROM shared_settings WHERE name = $1', [name]);
    else
      await manager.query(
        `INSERT INTO shared_settings (name, value, changed_by, changed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET value = $2, changed_by = $3, changed_at = $4`,
        [name, canonicalJson(value), actor, systemClock.now()],
      );
    await manager.query('SELECT pg_notify($1, $2)', [CHANNEL, name]);
  }

  /**
   * A value as it is stored, which nobody else who asks for it so changes before the end of the caller's transaction; null where it
   * is no JSON.
   */
  async hold(manager: EntityManager, name: string): Promise<Json | undefined> {
    // A value that nobody has set yet has no row that could be locked.
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 12))', [name]);
    const rows: Pick<SettingRow, 'value'>[] = await manager.query(
      'SELECT value FROM shared_settings WHERE name = $1 FOR UPDATE',
      [name],
    );
    if (rows.length === 0) return undefined;
    try {
      return JSON.parse(rows[0].value) as Json;
    } catch {
      return null;
    }
  }

  /** Reads everything now; one read at a time, and a last one for whoever asked meanwhile. @returns whether it could be read */
  async refresh(): Promise<boolean> {
    if (this.reading !== null) {
      this.again = true;
      return this.reading;
    }
    this.reading = this.readAll().finally(() => (this.reading = null));
    return this.reading;
  }

  private async readAll(): Promise<boolean> {
    let read: boolean;
    do {
      [this.again, read] = [false, false];
      try {
        const rows = await this.readRows();
        this.take(new Map(rows.map(({ name, value }) => [name, value])));
        read = true;
      } catch (thrown) {
        if (!this.stopped) this.logger.debug(`shared settings could not be read: ${messageOf(thrown)}`);
      }
    } while (this.again && !this.stopped);
    return read;
  }

  /**
   * Over the connection that brings notices where there is one: if it is dead, it is made anew. One that keeps silent holds nobody
   * up: another one is asked as well, and the first answer counts.
   */
  private async readRows(): Promise<SettingRow[]> {
    const { listener } = this;
    if (listener === null || listener.asked) return this.dataSource.query<SettingRow[]>(READ);
    const own = this.ask(listener);
    const soon = await inTime(own, PATIENCE_MS, null).catch(() => null);
    return soon ?? Promise.any([own, this.dataSource.query<SettingRow[]>(READ)]);
  }

  private async ask(listener: Listener): Promise<SettingRow[]> {
    listener.asked = true;
    try {
      return (await listener.client.query<SettingRow>(READ)).rows;
    } catch (thrown) {
      listener.lost();
      throw thrown;
    } finally {
      listener.asked = false;
    }
  }

  private take(fresh: Map<string, string>): void {
    const before = this.known;
    this.known = fresh;
    for (const name of new Set([...before.keys(), ...fresh.keys()])) {
      if (before.get(name) === fresh.get(name)) continue;
      for (const { prefix, told } of this.watchers) if (name.startsWith(prefix)) told(name, this.get(name));
    }
  }

  private async listen(): Promise<void> {
    if (this.stopped) return;
    const client = new Client({
      connectionString: this.connection.url,
      application_name: 'stemma-settings',
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: CONNECT_MS,
    });
    let over = false;
    const lost = () => {
      if (over) return;
      over = true;
      if (this.listener?.client === client) this.listener = null;
      client.end().catch(() => undefined);
      if (!this.stopped) this.listenTimer = setTimeout(() => void this.listen(), LISTEN_AGAIN_MS).unref();
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', () => void this.refresh());
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.listener = { client, lost, asked: false };
      if (this.stopped) await client.end();
      else await this.refresh();
    } catch {
      lost();
    }
  }
}
