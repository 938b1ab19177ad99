// The ledger of the built server (dist/) on a database and a folder, without HTTP: for the benchmarks of the ledger.
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  BlockAuthor,
  BlockPublisher,
  BlockReader,
  BlockRules,
  BlockStores,
  Fsck,
  FsckRegistry,
} from '../dist/src/chain/index.js';
import { checkSignatureNative } from '../dist/src/chain/verify/native-signature.js';
import { EventBus, systemClock, unwrap } from '../dist/src/common/index.js';
import { loadConfig } from '../dist/src/config/index.js';
import { connectDataSource, dataSourceOptions, Transactions } from '../dist/src/database/index.js';
import { NodeKeys } from '../dist/src/keys/index.js';
import { LogAppender, LogFiles, Sequencer } from '../dist/src/log/index.js';
import { GroupCommit } from '../dist/src/log/group-commit.js';
import { LeafClock } from '../dist/src/log/leaf-clock.js';
import { LogSignal } from '../dist/src/log/log-signal.js';
import { LogSpace } from '../dist/src/log/log-space.js';
import { PublishedEntries } from '../dist/src/log/published-entries.js';
import { DirectEntries } from '../dist/src/log/sequencer/direct-entries.js';
import { LedgerFsck } from '../dist/src/rewards/ledger/ledger-fsck.js';
import { Ledger } from '../dist/src/rewards/ledger/ledger.js';
import { TransfersRule } from '../dist/src/rewards/ledger/transfers-rule.js';

Logger.overrideLogger(false);

/** Opens everything; `check` runs fsck, the ledger's part included. */
export async function openLedger(url, folder) {
  const config = unwrap(loadConfig({ DATA_DIR: folder }));
  const dataSource = await connectDataSource(new DataSource(dataSourceOptions(config, url)));
  const transactions = new Transactions(dataSource);
  const keys = unwrap(await NodeKeys.load(config));
  const [signal, events, rules, registry] = [
    new LogSignal(),
    new EventBus(),
    new BlockRules(),
    new FsckRegistry(),
  ];
  const files = new LogFiles(join(folder, 'log'));
  const [published, direct, clock] = [
    new PublishedEntries(dataSource, files),
    new DirectEntries(),
    new LeafClock(dataSource),
  ];
  const groups = new GroupCommit(transactions, clock);
  const log = new LogAppender(groups, signal, published, direct, clock, new LogSpace(folder));
  const stores = BlockStores.inFolder(join(folder, 'blobs'));
  const context = { clock: systemClock, checkSignature: checkSignatureNative, difficultyFor: () => 0 };
  const author = new BlockAuthor(keys, context);
  const publisher = new BlockPublisher(dataSource, transactions, stores, rules, log, events, context);
  const rule = new TransfersRule(rules, new BlockReader(dataSource, stores));
  rule.onModuleInit();
  const sequencer = new Sequencer(dataSource, files, keys, signal, published, direct, events);
  new LedgerFsck(registry, dataSource, stores).onModuleInit();
  const fsck = new Fsck(config, keys, dataSource, transactions, stores, files, sequencer, registry);
  return {
    dataSource,
    sequencer,
    ledger: new Ledger(dataSource, publisher, author, rule, events),
    check: () => fsck.run({ repair: false, exclusive: true }),
  };
}

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
export function randomNumbers(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A transfer id of a batch: 8 hex digits of the batch, 24 of the place in it. */
export function transferId(batch, place) {
  return batch.toString(16).padStart(8, '0') + place.toString(16).padStart(24, '0');
}
