import { watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  canonicalJson,
  CodedError,
  err,
  hashJson,
  messageOf,
  ok,
  systemClock,
  type Json,
  type Result,
} from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import {
  DECISION_TYPES,
  parseDecisionMatrix,
  type DecisionMatrix,
  type DecisionType,
  type TypeRules,
} from '../../decision/index.js';
import { LogAppender } from '../../log/index.js';
import { TaskAlerts } from '../../monitoring/index.js';
import { GuardianTrail } from '../audit/guardian-trail.js';

/** A matrix as read at one moment; `hash` is SHA-256 of its canonical JSON. */
export interface MatrixVersion {
  readonly matrix: DecisionMatrix;
  readonly hash: string;
}

/** Editors write a file in several steps: reading waits until they are done, ms. */
const SETTLE_MS = 150;

/**
 * The decision matrix in force. A file that changes is read anew; a broken one changes nothing, is told of as an alert, and
 * `problem` says what is wrong until it is put right. A server that starts with a broken file asks guardians about everything.
 */
@Injectable()
export class MatrixBook implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Decisions');
  private version: MatrixVersion = careful();
  private broken: CodedError | null = null;
  private watcher: FSWatcher | null = null;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly transactions: Transactions,
    private readonly trail: GuardianTrail,
    private readonly log: LogAppender,
    private readonly alerts: TaskAlerts,
  ) {}

  /** The matrix in force. */
  get current(): MatrixVersion {
    return this.version;
  }

  /** What is wrong with the file as it is now; null when it is in force. */
  get problem(): CodedError | null {
    return this.broken;
  }

  /** The rules of a type; in shadow mode for all of them when the setting says so. */
  rulesOf(type: DecisionType): TypeRules {
    const rules = this.version.matrix.types[type];
    return this.config.autonomyShadow ? { ...rules, shadow: true } : rules;
  }

  /** Where the file is. */
  get file(): string {
    return this.config.decisionMatrix ?? join(packageRoot(), 'config', 'decision-matrix.yaml');
  }

  async onModuleInit(): Promise<void> {
    await this.reload();
    try {
      const name = basename(this.file);
      this.watcher = watch(dirname(this.file), (_event, changed) => {
        if (changed !== null && changed !== name) return;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.reload(), SETTLE_MS);
      });
      this.watcher.on('error', () => this.watcher?.close());
    } catch (thrown) {
      this.logger.warn(`changes of ${this.file} will not be noticed: ${String(thrown)}`);
    }
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.timer);
    this.watcher?.close();
    await this.reading;
  }

  /** Reads the file now. */
  reload(): Promise<void> {
    this.reading = this.reading.then(() => this.read()).catch((thrown: unknown) => this.logger.error(thrown));
    return this.reading;
  }

  private async read(): Promise<void> {
    const read = await readMatrix(this.file);
    if (!read.ok) {
      const isNew = this.broken?.message !== read.error.message;
      this.broken = read.error;
      if (isNew) await this.complain(read.error);
      return;
    }
    await this.record(read.value);
    this.version = read.value;
    this.broken = null;
  }

  private async complain({ message }: CodedError): Promise<void> {
    this.logger.error(`the decision matrix stays as it was, because the file is broken: ${message}`);
    await this.alerts.tell({
      ...{ code: 'MATRIX_BROKEN', severity: 'critical', task: null },
      detail: `The decision matrix is broken, the old one stays in force: ${message}`,
    });
  }

  /** A version is logged once, whoever reads it first. */
  private async record({ hash, matrix }: MatrixVersion): Promise<void> {
    const content = canonicalJson(matrix as unknown as Json);
    await this.transactions.run(async (manager) => {
      const rows: unknown[] = await manager.query(
        `INSERT INTO matrix_versions (hash, content, seen_at) VALUES ($1, $2, $3)
         ON CONFLICT (hash) DO NOTHING RETURNING 1`,
        [hash, content, systemClock.now()],
      );
      if (rows.length === 0) return;
      const facts = { matrix: hash, types: matrix.types as unknown as Json };
      await this.trail.append(manager, { event: 'matrix.changed', actor: 'files', facts });
    });
    this.log.committed();
  }
}

async function readMatrix(file: string): Promise<Result<MatrixVersion>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    return err(
      new CodedError('MATRIX_UNREADABLE', `The decision matrix cannot be read: ${messageOf(thrown)}`),
    );
  }
  const matrix = parseDecisionMatrix(text);
  return matrix.ok ? ok(versionOf(matrix.value)) : matrix;
}

function versionOf(matrix: DecisionMatrix): MatrixVersion {
  return { matrix, hash: hashJson(matrix as unknown as Json) };
}

/** What holds until a file could be read: nothing passes without a guardian. */
function careful(): MatrixVersion {
  const rules: TypeRules = {
    ...{ threshold: 1, automatic_per_hour: 0, cooldown_s: 3600, attempts_per_day: 0, blast_radius: 0 },
    ...{ answer_within_s: 3600, shadow: false, automatic_actions: [] },
    ...{ automatic_estimate: 1, automatic_in_emergency: false },
  };
  const types = Object.fromEntries(DECISION_TYPES.map((type) => [type, rules]));
  return versionOf({ types: types as Record<DecisionType, TypeRules> });
}
