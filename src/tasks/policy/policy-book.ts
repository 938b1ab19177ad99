import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CodedError, systemClock } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { TaskAlerts } from '../../monitoring/index.js';
import { policyVersion, readPolicyFolder, type PolicyVersion } from './policy-files.js';

/** Kind of a policy version's leaf in the log; its subject and hash are the version's. */
export const POLICY_ENTRY = 'policy';

/** Editors write a file in several steps: reading waits until they are done, ms. */
const SETTLE_MS = 150;

/**
 * The policies in force. A folder that changes is read anew; a broken one changes nothing, is told of as an alert, and
 * `problem` says what is wrong until it is put right. Every version goes into the log with its content.
 */
@Injectable()
export class PolicyBook implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Policies');
  private version: PolicyVersion = policyVersion([]);
  private broken: CodedError | null = null;
  private watcher: FSWatcher | null = null;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly alerts: TaskAlerts,
  ) {}

  /** The policies in force. */
  get current(): PolicyVersion {
    return this.version;
  }

  /** What is wrong with the files as they are now; null when they are in force. */
  get problem(): CodedError | null {
    return this.broken;
  }

  /** Where the files are. */
  get folder(): string {
    return this.config.policyDir ?? join(packageRoot(), 'config', 'policies');
  }

  async onModuleInit(): Promise<void> {
    await this.reload();
    try {
      this.watcher = watch(this.folder, () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.reload(), SETTLE_MS);
      });
      this.watcher.on('error', () => this.watcher?.close());
    } catch (thrown) {
      this.logger.warn(`changes of ${this.folder} will not be noticed: ${String(thrown)}`);
    }
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.timer);
    this.watcher?.close();
    await this.reading;
  }

  /** Reads the files now. */
  reload(): Promise<void> {
    this.reading = this.reading.then(() => this.read()).catch((thrown: unknown) => this.logger.error(thrown));
    return this.reading;
  }

  private async read(): Promise<void> {
    const read = await readPolicyFolder(this.folder);
    if (!read.ok) {
      const isNew = this.broken?.message !== read.error.message;
      this.broken = read.error;
      if (isNew) await this.complain(read.error);
      return;
    }
    await this.record(read.value);
    if (read.value.hash !== this.version.hash)
      this.logger.log(`${read.value.policies.length} policy rules in force, ${read.value.hash.slice(0, 12)}`);
    this.version = read.value;
    this.broken = null;
  }

  private async complain({ message }: CodedError): Promise<void> {
    this.logger.error(`the policies stay as they were, because the files are broken: ${message}`);
    await this.alerts.tell({
      ...{ code: 'POLICY_BROKEN', severity: 'critical', task: null },
      detail: `The policy files are broken, the old policies stay in force: ${message}`,
    });
  }

  /** A version is logged once, whoever reads it first. */
  private async record({ hash, content }: PolicyVersion): Promise<void> {
    await this.transactions.run(async (manager) => {
      const rows: unknown[] = await manager.query(
        `INSERT INTO policy_versions (hash, content, seen_at) VALUES ($1, $2, $3)
         ON CONFLICT (hash) DO NOTHING RETURNING 1`,
        [hash, content, systemClock.now()],
      );
      if (rows.length === 0) return;
      await this.log.append(manager, [
        { kind: POLICY_ENTRY, subject: hash, actor: 'files', hash, data: { rules: content } },
      ]);
    });
    this.log.committed();
  }
}
