import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  BlockStores,
  FsckRegistry,
  type AcceptedFact,
  type FsckCheck,
  type FsckFacts,
  type FsckOptions,
} from '../../chain/index.js';
import { canonicalJson, type Json } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import type { Findings } from '../../log/index.js';
import { RELEASE_PROMOTED } from './promotion.js';
import { releaseRow } from './release-row.js';
import {
  allModels,
  clearReleases,
  insertRelease,
  releasesOf,
  setLiveRelease,
  type ReleaseRow,
} from './release-table.js';

/**
 * Compares the tables of releases and live pointers with chain A and the log, which are what they are made from.
 * Findings: `RELEASE_UNREADABLE` (a release block whose payload is no release), `ROW_RELEASES_WRONG`, `ROW_LIVE_WRONG`;
 * the last two are repaired.
 */
@Injectable()
export class ReleaseFsck implements FsckCheck, OnModuleInit {
  readonly name = 'releases';
  /** Model to the release its latest promotion in the log names. */
  private readonly promoted = new Map<string, string>();

  constructor(
    private readonly registry: FsckRegistry,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly stores: BlockStores,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  visitLeaf(index: number, leaf: { kind: string; subject: string; hash: string }): void {
    if (index === 0) this.promoted.clear();
    if (leaf.kind === RELEASE_PROMOTED) this.promoted.set(leaf.subject, leaf.hash);
  }

  async run(facts: FsckFacts, findings: Findings, { repair }: FsckOptions): Promise<void> {
    const expected = await this.readReleases(facts, findings);
    const rowsAgree = await this.rowsAgree(expected);
    const liveAgree = await this.liveAgree();
    if (rowsAgree && liveAgree) return;
    if (repair) {
      await this.rebuild(expected);
      findings.repaired(`wrote the tables of ${expected.length} releases anew`);
      return;
    }
    if (!rowsAgree)
      findings.error('ROW_RELEASES_WRONG', 'releases', 'the table of releases is not what chain A tells');
    if (!liveAgree)
      findings.error('ROW_LIVE_WRONG', 'models', 'a live release is not the one that was promoted last');
  }

  /** The rows that chain A asks for; of two releases with one version the earlier counts. */
  private async readReleases({ blocks }: FsckFacts, findings: Findings): Promise<ReleaseRow[]> {
    const rows = new Map<string, ReleaseRow>();
    const facts = [...blocks.values()].filter(({ header }) => header?.block_type === 'release');
    for (const fact of facts.sort((a, b) => a.index - b.index)) {
      const row = await this.readRelease(fact);
      if (row === null)
        findings.error('RELEASE_UNREADABLE', fact.hash, `release block ${fact.hash} does not hold a release`);
      else if (!rows.has(`${row.model}@${row.version}`)) rows.set(`${row.model}@${row.version}`, row);
    }
    return [...rows.values()];
  }

  private async readRelease({ hash, index, header }: AcceptedFact): Promise<ReleaseRow | null> {
    if (header === null) return null;
    const payload = await this.stores.payloads.read(header.payload_hash);
    if (!payload.ok) return null;
    const row = releaseRow({ hash, index, header }, payload.value);
    return row.ok ? row.value : null;
  }

  private async rowsAgree(expected: readonly ReleaseRow[]): Promise<boolean> {
    const { manager } = this.dataSource;
    const models = await allModels(manager);
    const stored = (await Promise.all(models.map(({ name }) => releasesOf(manager, name)))).flat();
    return digest(stored) === digest(expected);
  }

  private async liveAgree(): Promise<boolean> {
    const models = await allModels(this.dataSource.manager);
    return models.every(({ name, liveRelease }) => liveRelease === (this.promoted.get(name) ?? null));
  }

  private async rebuild(rows: readonly ReleaseRow[]): Promise<void> {
    const known = new Set(rows.map(({ hash }) => hash));
    await this.transactions.run(async (manager) => {
      await clearReleases(manager);
      for (const row of rows) await insertRelease(manager, row);
      for (const [model, release] of this.promoted)
        if (known.has(release)) await setLiveRelease(manager, model, release);
    });
  }
}

function digest(rows: readonly ReleaseRow[]): string {
  const sorted = [...rows].sort((a, b) => a.chainIndex - b.chainIndex);
  return canonicalJson(sorted as unknown as Json);
}
