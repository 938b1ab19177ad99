import { watch, type FSWatcher } from 'node:fs';
import { join, resolve } from 'node:path';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodedError, messageOf, systemClock } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { TaskAlerts } from '../../monitoring/index.js';
import { keptVersion, policyVersion, readPolicyFolder, type PolicyVersion } from './policy-files.js';
import { NOTHING_ALLOWED } from './policy-rules.js';

/** Kind of a policy version's leaf in the log; its subject and hash are the version's. */
export const POLICY_ENTRY = 'policy';

/** Editors write a file in several steps: reading waits until they are done, ms. */
const SETTLE_MS = 150;
/** When files are read once more whose version could not be written down: the database is away, ms. */
const AGAIN_MS = 5_000;

/**
 * The policies in force. A folder that changes is read anew; a broken one changes nothing, is told of as an alert, and
 * `problem` says what is wrong until it is put right. A server that starts with broken files goes on with the version that was
 * last in force for its folder, in whichever replica; where there is none, nothing is allowed, and steps wait. Every version goes
 * into the log with its content.
 */
@Injectable()
export class PolicyBook implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Policies');
  private version: PolicyVersion = policyVersion(NOTHING_ALLOWED);
  /** Where the version comes from; null before anything could be read. */
  private source: 'files' | 'kept' | 'none' | null = null;
  private broken: CodedError | null = null;
  private told: string | null = null;
  private closed = false;
  private watcher: FSWatcher | null = null;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly alerts: TaskAlerts,
  ) {}

  /** The policies in force. */
  get current(): PolicyVersion {
    return this.version;
  }

  /** Whether anything is known to be in force: until then what is forbidden is not refused for good, but waits. */
  get known(): boolean {
    return this.source === 'files' || this.source === 'kept';
  }

  /** What is wrong with the files as they are now; null when they are in force. */
  get problem(): CodedError | null {
    return this.broken;
  }

  /** Where the files are. */
  get folder(): string {
    return resolve(this.config.policyDir ?? join(packageRoot(), 'config', 'policies'));
  }

  async onModuleInit(): Promise<void> {
    await this.reload();
    try {
      this.watcher = watch(this.folder, () => this.reloadIn(SETTLE_MS));
      this.watcher.on('error', () => this.watcher?.close());
    } catch (thrown) {
      this.logger.warn(`changes of ${this.folder} will not be noticed: ${String(thrown)}`);
    }
  }

  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.watcher?.close();
    await this.reading;
  }

  /** Reads the files now; what cannot be written down does not come into force, and is read again soon. */
  reload(): Promise<void> {
    this.reading = this.reading
      .then(() => this.read())
      .catch((thrown: unknown) => {
        this.logger.warn(`the policies could not be taken up and are read again: ${messageOf(thrown)}`);
        this.reloadIn(AGAIN_MS);
      });
    return this.reading;
  }

  private reloadIn(ms: number): void {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => void this.reload(), ms);
  }

  private async read(): Promise<void> {
    const read = await readPolicyFolder(this.folder);
    if (!read.ok) {
      this.broken = read.error;
      if (this.source === null) await this.goOnWithKept();
      if (this.told !== read.error.message) await this.complain(read.error);
      this.told = read.error.message;
      return;
    }
    await this.takeUp(read.value);
    if (read.value.hash !== this.version.hash)
      this.logger.log(`${read.value.policies.length} policy rules in force, ${read.value.hash.slice(0, 12)}`);
    [this.version, this.source, this.broken, this.told] = [read.value, 'files', null, null];
  }

  /** What cannot be written down is not in force; at a start what was in force before is, as reading may still work. */
  private async takeUp(version: PolicyVersion): Promise<void> {
    try {
      await this.record(version, true);
    } catch (thrown) {
      const kept = this.source === null ? await this.lastInForce() : null;
      if (kept !== null) [this.version, this.source] = [kept, 'kept'];
      throw thrown;
    }
  }

  /** At a start with broken files. */
  private async goOnWithKept(): Promise<void> {
    const kept = await this.lastInForce();
    // Plans name the policies they were made by: what forbids everything is written down, too.
    if (kept === null) await this.record(this.version, false);
    else this.version = kept;
    this.source = kept === null ? 'none' : 'kept';
  }

  private async lastInForce(): Promise<PolicyVersion | null> {
    const [row] = await this.dataSource.query<{ hash: string; content: string }[]>(
      `SELECT v.hash, v.content FROM policies_in_force f JOIN policy_versions v ON v.hash = f.hash
       WHERE f.folder = $1`,
      [this.folder],
    );
    return row === undefined ? null : keptVersion(row.hash, row.content);
  }

  private async complain({ message }: CodedError): Promise<void> {
    const instead =
      this.source === 'none'
        ? 'no version of before can be gone on with, so nothing is allowed, and steps wait'
        : 'the old policies stay in force';
    this.logger.error(`the policy files are broken, ${instead}: ${message}`);
    await this.alerts.tell({
      ...{ code: 'POLICY_BROKEN', severity: 'critical', task: null },
      detail: `The policy files are broken, ${instead}: ${message}`,
    });
  }

  /** A version is logged once, whoever reads it first. @param inForce whether this folder has it from now on */
  private async record({ hash, content }: PolicyVersion, inForce: boolean): Promise<void> {
    await this.transactions.run(async (manager) => {
      const rows: unknown[] = await manager.query(
        `INSERT INTO policy_versions (hash, content, seen_at) VALUES ($1, $2, $3)
         ON CONFLICT (hash) DO NOTHING RETURNING 1`,
        [hash, content, systemClock.now()],
      );
      if (rows.length > 0)
        await this.log.append(manager, [
          {
            kind: POLICY_ENTRY,
            subject: hash,
            actor: inForce ? 'files' : 'server',
            hash,
            data: { rules: content },
          },
        ]);
      if (inForce)
        await manager.query(
          `INSERT INTO policies_in_force (folder, hash) VALUES ($1, $2)
           ON CONFLICT (folder) DO UPDATE SET hash = EXCLUDED.hash, since = now()
           WHERE policies_in_force.hash <> EXCLUDED.hash`,
          [this.folder, hash],
        );
    });
    this.log.committed();
  }
}
