// Publishes blocks and appends log entries until it is killed, and says on stdout what was acknowledged: one JSON per line.
// node chain-crash-worker.mjs <database url> <data folder> <seed>; works on the built server (dist/).
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { canonicalJson, EventBus, systemClock, unwrap, utf8ToBytes } from '../../dist/src/common/index.js';
import { BlockAuthor, BlockPublisher, BlockRules, BlockStores } from '../../dist/src/chain/index.js';
import { checkSignatureNative } from '../../dist/src/chain/verify/native-signature.js';
import { loadConfig } from '../../dist/src/config/index.js';
import { dataSourceOptions, Transactions } from '../../dist/src/database/index.js';
import { NodeKeys } from '../../dist/src/keys/index.js';
import { LogAppender, LogFiles, Sequencer } from '../../dist/src/log/index.js';
import { GroupCommit } from '../../dist/src/log/group-commit.js';
import { LeafClock } from '../../dist/src/log/leaf-clock.js';
import { LogSignal } from '../../dist/src/log/log-signal.js';
import { LogSpace } from '../../dist/src/log/log-space.js';
import { PublishedEntries } from '../../dist/src/log/published-entries.js';
import { DirectEntries } from '../../dist/src/log/sequencer/direct-entries.js';

Logger.overrideLogger(false);
const [url, folder, seed] = process.argv.slice(2);
const config = unwrap(loadConfig({ DATA_DIR: folder }));
const dataSource = await new DataSource(dataSourceOptions(config, url)).initialize();
const transactions = new Transactions(dataSource);
const keys = unwrap(await NodeKeys.load(config));
const signal = new LogSignal();
const events = new EventBus();
const files = new LogFiles(join(folder, 'log'));
const published = new PublishedEntries(dataSource, files);
const direct = new DirectEntries();
const clock = new LeafClock(dataSource);
const log = new LogAppender(
  new GroupCommit(transactions, clock),
  signal,
  published,
  direct,
  clock,
  new LogSpace(folder),
);
const stores = BlockStores.inFolder(join(folder, 'blobs'));
const context = { clock: systemClock, checkSignature: checkSignatureNative, difficultyFor: () => 0 };
const author = new BlockAuthor(keys, context);
const publisher = new BlockPublisher(
  dataSource,
  transactions,
  stores,
  new BlockRules(),
  log,
  events,
  context,
);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
events.on('log.checkpoint', (checkpoint) => say({ checkpoint }));
new Sequencer(dataSource, files, keys, signal, published, direct, events).onApplicationBootstrap();
let count = 0;

async function metaBlock(head) {
  const payload = utf8ToBytes(canonicalJson({ seed, count: count++ }));
  const header = await author.create({
    chain: 'A',
    type: 'meta',
    payload,
    payloadType: 'json',
    prevHash: head,
  });
  return [{ header, payload }];
}

async function expertBlock(meta) {
  const payload = new Uint8Array(1 + ((count * 7919) % 600_000)).fill(count++ % 251);
  const header = await author.create({
    chain: 'B',
    type: 'expert',
    name: 'layer0.expert0',
    layer: 0,
    payload,
    payloadType: 'tensorblock',
    dependsOn: [meta],
    metadata: { model: 'crash', seed, tensors: [{ name: 'gate', offset: 0, length: payload.length }] },
  });
  return { header, payload };
}

async function publishForEver() {
  const [meta] = unwrap(await publisher.appendLinear('A', metaBlock));
  say({ block: meta.hash });
  for (;;) {
    const blocks = unwrap(
      await publisher.publish([await expertBlock(meta.hash), await expertBlock(meta.hash)]),
    );
    for (const { hash } of blocks) say({ block: hash });
  }
}

async function appendForEver(name) {
  for (let i = 0; ; i++) {
    const subject = `${seed}/${name}/${i}`;
    await log.appendGrouped([{ kind: 'crash', subject, actor: 'test', hash: '0'.repeat(64), data: {} }]);
    say({ entry: subject });
  }
}

await Promise.all([publishForEver(), ...Array.from({ length: 8 }, (_, i) => appendForEver(i))]);
