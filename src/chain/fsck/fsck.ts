import { join } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { NodeKeys } from '../../keys/index.js';
import {
  Findings,
  LogFiles,
  putAssigned,
  putLeafRow,
  rebuildLogFiles,
  Sequencer,
  verifyLogFiles,
  type Finding,
} from '../../log/index.js';
import { BlockStores } from '../store/block-stores.js';
import { checkGraph } from './check-graph.js';
import { checkHeaders } from './check-headers.js';
import { checkLeftovers, removeOldLeftovers } from './check-leftovers.js';
import { LogRowComparison } from './check-log-rows.js';
import { checkPayloads } from './check-payloads.js';
import { checkRows, type WrongRows } from './check-rows.js';
import { FsckRegistry, type FsckOptions } from './fsck-check.js';
import { FsckProgress, type ProgressListener } from './fsck-progress.js';
import { Inventory } from './inventory.js';
import { repairHeaders } from './repair-headers.js';
import { repairRows } from './repair-rows.js';

/** What a run found and did. */
export interface FsckReport {
  /** No errors are left; warnings do not count. */
  readonly clean: boolean;
  readonly errors: number;
  readonly warnings: number;
  /** At most a thousand, errors first. */
  readonly findings: readonly Finding[];
  /** What `repair` put right before these findings were made. */
  readonly repairs: readonly string[];
  readonly log_size: number;
  readonly blocks: number;
}

/** How long entries that wait to be published are waited for before the check begins, ms. */
const SETTLE_MS = 10_000;

/** A repaired log may show what is wrong with rows, and so on; there is nothing behind the third pass. */
const PASSES = 4;

/** One pass over everything: what it found, and what repairing needs to know. */
interface Pass {
  readonly findings: Findings;
  readonly inventory: Inventory;
  readonly rows: WrongRows;
  readonly logRows: LogRowComparison;
}

/**
 * Checks blobs, headers, log and database against each other, trusting only the public artefacts and the node's keys;
 * the database comes last and is judged by them.
 */
@Injectable()
export class Fsck implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly keys: NodeKeys,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly stores: BlockStores,
    private readonly files: LogFiles,
    private readonly sequencer: Sequencer,
    private readonly registry: FsckRegistry,
  ) {}

  /** Crashes leave temporary files behind; without this they would pile up from start to start. */
  async onModuleInit(): Promise<void> {
    await removeOldLeftovers(this.temporaryFolders());
  }

  /** Checks everything; with `repair`, puts right what is derived and checks again. */
  async run(options: FsckOptions, onProgress: ProgressListener = () => undefined): Promise<FsckReport> {
    await this.sequencer.settle(SETTLE_MS);
    const repairs: string[] = [];
    for (let attempt = 1; ; attempt++) {
      const pass = await this.pass(options, onProgress);
      repairs.push(...pass.findings.repairs);
      if (!options.repair || pass.findings.errors === 0 || attempt === PASSES) return report(pass, repairs);
      const done = await this.repair(pass);
      if (done.length === 0) return report(pass, repairs);
      repairs.push(...done);
    }
  }

  private async pass(options: FsckOptions, onProgress: ProgressListener): Promise<Pass> {
    const findings = new Findings();
    const inventory = new Inventory(this.registry.checks);
    const progress = await FsckProgress.begin(this.stores, this.files, onProgress);
    const logRows = new LogRowComparison(this.dataSource, findings);
    const checkpoint = await verifyLogFiles(
      this.files,
      this.keys.logSigner.publicKey,
      findings,
      async (index, leaf) => {
        if (leaf !== null) await takeLeaf(index, leaf, inventory, logRows, findings);
        progress.leaf();
      },
    );
    inventory.logSize = checkpoint?.size ?? 0;
    await checkHeaders(this.stores.headers, inventory, findings, () => progress.header());
    await checkPayloads(this.stores, inventory, findings, options, (bytes) => progress.payload(bytes));
    checkGraph(inventory, findings);
    const rows = await checkRows(this.dataSource, inventory, findings);
    await checkLeftovers(this.temporaryFolders(), findings, options);
    for (const check of this.registry.checks) await check.run(inventory, findings, options);
    return { findings, inventory, rows, logRows };
  }

  /** Log files from rows where they are damaged; otherwise header files from rows, and rows from log and headers. */
  private async repair({ findings, inventory, rows, logRows }: Pass): Promise<readonly string[]> {
    const done = new Findings();
    const damaged = (prefix: string) => findings.list.filter(({ code }) => code.startsWith(prefix));
    await this.sequencer.whilePaused(async () => {
      if (damaged('LOG_').length > 0) return this.repairLogFiles(done);
      const headers = damaged('BLOCK_HEADER_').map(({ subject }) => subject);
      if (headers.length > 0) await repairHeaders(this.dataSource, this.stores.headers, headers, done);
      await this.transactions.run(async (manager) => {
        for (const [index, leaf] of logRows.wrongLeaves) await putLeafRow(manager, index, leaf);
        await putAssigned(manager, inventory.logSize);
        if (logRows.wrongLeaves.size > 0)
          done.repaired(`restored ${logRows.wrongLeaves.size} log entries of the database`);
        await repairRows(manager, inventory, rows, done);
      });
    });
    return done.repairs;
  }

  private async repairLogFiles(done: Findings): Promise<void> {
    const { logSigner, nodeName } = this.keys;
    const rebuilt = await rebuildLogFiles(this.dataSource, this.files, {
      name: nodeName,
      publicKey: logSigner.publicKey,
      sign: (bytes) => logSigner.sign(bytes),
    });
    if (rebuilt.ok)
      done.repaired(`wrote tiles, entries and checkpoint of ${rebuilt.value.size} log entries anew`);
  }

  private temporaryFolders(): string[] {
    const blobs = ['payloads', 'headers', 'leaves', 'deltas', 'kept-whole'].map((kind) => `blobs/${kind}`);
    const folders = [...blobs, 'log'];
    return folders.map((folder) => join(this.config.dataDir, folder, 'incoming'));
  }
}

async function takeLeaf(
  index: number,
  leaf: Uint8Array,
  inventory: Inventory,
  logRows: LogRowComparison,
  findings: Findings,
): Promise<void> {
  const problem = inventory.takeLeaf(index, leaf);
  if (problem !== null)
    findings.error('LOG_ENTRY_UNREADABLE', `log entry ${index}`, `log entry ${index} ${problem}`);
  await logRows.compare(index, leaf);
}

function report({ findings, inventory }: Pass, repairs: readonly string[]): FsckReport {
  return {
    clean: findings.errors === 0,
    errors: findings.errors,
    warnings: findings.warnings,
    findings: findings.list,
    repairs,
    log_size: inventory.logSize,
    blocks: inventory.blocks.size,
  };
}
