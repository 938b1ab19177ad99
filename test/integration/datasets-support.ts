import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../../src/auth/index.js';
import { AutonomyGate } from '../../src/common/autonomy/autonomy-gate.js';
import { unwrap } from '../../src/common/index.js';
import { QueueRegistry } from '../../src/common/observation/queue-registry.js';
import { Transactions, externalDatabase } from '../../src/database/index.js';
import { AuditClaims } from '../../src/datasets/audit/audit-claims.js';
import { AuditQueue } from '../../src/datasets/audit/audit-queue.js';
import { AuditRunner } from '../../src/datasets/audit/audit-runner.js';
import { AuditSettlement } from '../../src/datasets/audit/audit-settlement.js';
import { DatasetAuditor } from '../../src/datasets/audit/dataset-auditor.js';
import { ExpectedGain } from '../../src/datasets/audit/expected-gain.js';
import { KnownSets } from '../../src/datasets/audit/known-sets.js';
import { DatasetDecisions } from '../../src/datasets/decisions/dataset-decisions.js';
import { DatasetLineages } from '../../src/datasets/lineage/dataset-lineage.js';
import { DatasetRegistry } from '../../src/datasets/registry/dataset-registry.js';
import { DatasetRows } from '../../src/datasets/registry/dataset-rows.js';
import { DatasetRule } from '../../src/datasets/registry/dataset-rule.js';
import { DatasetFiles } from '../../src/datasets/upload/dataset-files.js';
import { DatasetIntake } from '../../src/datasets/upload/dataset-intake.js';
import { DatasetClock } from '../../src/datasets/vote/dataset-clock.js';
import { DatasetVotes } from '../../src/datasets/vote/dataset-votes.js';
import { VoteOpening } from '../../src/datasets/vote/opening.js';
import { datasetOf } from '../support/datasets.js';
import { testConfig } from '../support/index.js';
import { openChain, TEST_NOW } from './chain-support.js';

/** One server's datasets, put together without HTTP and without timers; its monotonic clock is `time.now`, ms. */
export async function openDatasets(changes: Parameters<typeof testConfig>[0] = {}) {
  const chain = await openChain();
  const config = testConfig({ dataDir: chain.folder, singleUser: false, ...changes });
  const time = { now: 0 };
  const { dataSource } = chain;
  const transactions = new Transactions(dataSource);
  const rule = new DatasetRule(chain.rules, chain.reader);
  rule.onModuleInit();
  const serve = (clockTime: { now: number }) => {
    const clock = new DatasetClock(dataSource);
    clock.monotonic = () => clockTime.now;
    const rows = new DatasetRows(dataSource);
    const registry = new DatasetRegistry(
      ...([config, chain.publisher, chain.author, chain.reader, rule, rows, clock, chain.events] as const),
    );
    // The chain's own clock stands still.
    registry.blockClock = { now: () => TEST_NOW };
    const files = new DatasetFiles(config);
    const intake = new DatasetIntake(config, dataSource, registry, files, clock);
    const votes = new DatasetVotes(config, dataSource, transactions, rows, registry, clock, chain.log);
    const opening = new VoteOpening(config, dataSource);
    const claims = new AuditClaims(chain.keys, dataSource, clock);
    const known = new KnownSets(dataSource);
    const settlement = new AuditSettlement(
      ...([config, dataSource, transactions, registry, opening, claims, clock, known, chain.log] as const),
    );
    const lineages = new DatasetLineages(dataSource);
    const decisions = new DatasetDecisions(config, registry, opening, lineages);
    const gain = new ExpectedGain();
    const queue = new AuditQueue(config, externalDatabase(chain.url), new QueueRegistry());
    const runner = new AuditRunner();
    runner.execArgv = ['--import', join(import.meta.dirname, '..', 'support', 'typescript-threads.mjs')];
    const gate = new AutonomyGate();
    const auditor = new DatasetAuditor(
      ...([config, rows, registry, files, clock, claims, queue, runner, known, gain] as const),
      ...([settlement, gate, chain.events] as const),
    );
    return {
      clock,
      rows,
      registry,
      datasetFiles: files,
      intake,
      votes,
      decisions,
      lineages,
      gain,
      auditor,
      claims,
      settlement,
      runner,
      gate,
    };
  };
  return { ...chain, config, time, serve, ...serve(time) };
}

/** What `openDatasets` gives. */
export type DatasetsUnderTest = Awaited<ReturnType<typeof openDatasets>>;

let accounts = 0;

/** An account that can vote on what opens from now on. */
export async function makeAccount({ dataSource }: Pick<DatasetsUnderTest, 'dataSource'>): Promise<Identity> {
  const subject = `acc_${String(accounts++).padStart(26, '0')}`;
  await dataSource.query(
    `INSERT INTO accounts (id, name, roles, tier, created_at) VALUES ($1, $1, '{user}', 'newbie', now() - interval '1 day')`,
    [subject],
  );
  await dataSource.query(
    `INSERT INTO sessions (id, account_id, address, client, expires_at) VALUES ($1, $1, '', '', now() + interval '1 day')`,
    [subject],
  );
  return { subject, roles: ['user'], tier: 'newbie' };
}

/** Takes lines in as a dataset. @returns its id */
export async function takeIn(
  { folder, intake }: Pick<DatasetsUnderTest, 'folder' | 'intake'>,
  who: Identity,
  name: string,
  text: string,
): Promise<string> {
  const { bytes, description } = datasetOf(name, text);
  const path = join(folder, `${name}.upload`);
  writeFileSync(path, bytes);
  const hash = createHash('sha256').update(bytes).digest('hex');
  return unwrap(await intake.register(who, description, { path, hash, root: hash })).id;
}
