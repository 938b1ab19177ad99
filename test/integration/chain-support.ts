import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { EventBus, systemClock, unwrap, type Clock, type Json } from '../../src/common/index.js';
import { canonicalJson, utf8ToBytes } from '../../src/common/index.js';
import {
  BlockAuthor,
  BlockPublisher,
  BlockReader,
  BlockRules,
  BlockStores,
  type BlockInput,
} from '../../src/chain/index.js';
import { checkSignatureNative } from '../../src/chain/verify/native-signature.js';
import { NodeKeys } from '../../src/keys/index.js';
import { LogAppender, LogFiles, LogReader } from '../../src/log/index.js';
import { GroupCommit } from '../../src/log/group-commit.js';
import { LeafClock } from '../../src/log/leaf-clock.js';
import { LogSignal } from '../../src/log/log-signal.js';
import { LogSpace } from '../../src/log/log-space.js';
import { PublishedEntries } from '../../src/log/published-entries.js';
import { DirectEntries } from '../../src/log/sequencer/direct-entries.js';
import { Sequencer } from '../../src/log/sequencer/sequencer.js';
import { openTestDatabase, temporaryFolder, testConfig } from '../support/index.js';

/** Chain and log on a real database and a folder of their own, without HTTP. */
export type ChainUnderTest = Awaited<ReturnType<typeof openChain>>;

Logger.overrideLogger(false);

/** The clock of the checks in `openChain`. */
export const TEST_NOW = 1_763_700_000_000;

/** Opens everything; `leafTime` dates what goes into the log; `close` stops the sequencer and drops the database. */
export async function openChain({ difficulty = 0 } = {}) {
  const folder = temporaryFolder();
  const config = testConfig({ dataDir: folder });
  const database = await openTestDatabase();
  const keys = unwrap(await NodeKeys.load(config));
  const { dataSource, transactions } = database;
  const [signal, events, rules] = [new LogSignal(), new EventBus(), new BlockRules()];
  const files = new LogFiles(join(folder, 'log'));
  const published = new PublishedEntries(dataSource, files);
  const direct = new DirectEntries();
  const leafTime = { now: () => systemClock.now() };
  const leafClock = new LeafClock(dataSource, leafTime);
  const log = new LogAppender(
    new GroupCommit(transactions, leafClock),
    signal,
    published,
    direct,
    leafClock,
    new LogSpace(folder),
  );
  const clock: Clock = { now: () => TEST_NOW };
  const context = { clock, checkSignature: checkSignatureNative, difficultyFor: () => difficulty };
  const stores = BlockStores.inFolder(join(folder, 'blobs'));
  const author = new BlockAuthor(keys, context);
  const publisher = new BlockPublisher(dataSource, transactions, stores, rules, log, events, context);
  const sequencer = new Sequencer(dataSource, files, keys, signal, published, direct, events);
  return {
    folder,
    url: database.url,
    dataSource,
    keys,
    log,
    leafTime,
    logReader: new LogReader(dataSource, files, keys),
    files,
    stores,
    rules,
    events,
    author,
    publisher,
    reader: new BlockReader(dataSource, stores),
    sequencer,
    close: async () => {
      await sequencer.beforeApplicationShutdown();
      await database.close();
    },
  };
}

/** A meta block that follows `head`. */
export async function metaBlock(
  author: BlockAuthor,
  head: string | null,
  facts: Json = {},
): Promise<BlockInput> {
  const payload = utf8ToBytes(canonicalJson({ family: 'test', facts }));
  const header = await author.create({
    chain: 'A',
    type: 'meta',
    payload,
    payloadType: 'json',
    prevHash: head,
    metadata: { model: 'test' },
    timestamp: TEST_NOW,
  });
  return { header, payload };
}

/** An expert block that belongs to a meta block. */
export async function expertBlock(
  author: BlockAuthor,
  meta: string,
  {
    name = 'layer0.expert0',
    size = 1000,
    fill = 1,
    timestamp = TEST_NOW,
    dependsOn = [] as string[],
    datasets = undefined as string[] | undefined,
    parent = null as string | null,
    note = null as string | null,
  } = {},
): Promise<BlockInput> {
  const payload = new Uint8Array(size).fill(fill);
  const header = await author.create({
    chain: 'B',
    type: 'expert',
    name,
    layer: Number(/\d+/.exec(name)?.[0] ?? 0),
    payload,
    payloadType: 'tensorblock',
    dependsOn: [meta, ...dependsOn],
    metadata: {
      ...{ model: 'test', dtype: 'q8', tensors: [{ name: 'gate', offset: 0, length: size }] },
      ...(datasets !== undefined && { datasets }),
      ...(parent !== null && { parent }),
      ...(note !== null && { note }),
    },
    timestamp,
  });
  return { header, payload };
}
