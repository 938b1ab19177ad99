// node bench/chain/run.mjs: chain verification, durable log appends, block publishing; works on the built server (dist/).
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { canonicalJson, EventBus, systemClock, unwrap, utf8ToBytes } from '../../dist/src/common/index.js';
import {
  BlockAuthor,
  BlockPublisher,
  BlockRules,
  BlockStores,
  encodeHeader,
  encodeSignedHeader,
  hashHeader,
} from '../../dist/src/chain/index.js';
import { HeaderVerification } from '../../dist/src/chain/verify/header-verification.js';
import { checkSignatureNative } from '../../dist/src/chain/verify/native-signature.js';
import { loadConfig } from '../../dist/src/config/index.js';
import {
  connectDataSource,
  dataSourceOptions,
  EmbeddedPostgres,
  Transactions,
} from '../../dist/src/database/index.js';
import { NodeKeys, secp256k1Signer } from '../../dist/src/keys/index.js';
import { LogAppender, LogFiles, LogReader, Sequencer } from '../../dist/src/log/index.js';
import { incomingOf } from '../../dist/src/log/files/log-files.js';
import { ThreadedWriter } from '../../dist/src/log/files/threaded-writer.js';
import { GroupCommit } from '../../dist/src/log/group-commit.js';
import { LeafClock } from '../../dist/src/log/leaf-clock.js';
import { LogSignal } from '../../dist/src/log/log-signal.js';
import { LogSpace } from '../../dist/src/log/log-space.js';
import { DirectEntries } from '../../dist/src/log/sequencer/direct-entries.js';
import { PublishedEntries } from '../../dist/src/log/published-entries.js';

const HEADERS = 4096;
const ROUNDS = 6;
const BATCH = 512;
const AUTHORS = 3;
const SECONDS = 5;
const CALLERS = 64;

Logger.overrideLogger(false);
const figures = {};
const report = (name, value, unit) => {
  figures[name] = Math.round(value * 10) / 10;
  console.log(`${name.padEnd(44)} ${figures[name].toLocaleString('en')} ${unit}`);
};

await measureVerification();
await measureDatabase();
console.log(JSON.stringify(figures));
process.exit(0);

/** Stored headers of a few authors, verified whole: shape, canonical form, hash, signature. */
async function measureVerification() {
  const items = Array.from({ length: HEADERS }, (_, i) => storedHeader(i));
  for (const threads of [1, 2]) {
    const verification = HeaderVerification.open(1e6, threads);
    await verifyAll(verification, items, 2);
    let best = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const cpu = process.cpuUsage();
      const began = performance.now();
      await verifyAll(verification, items, 1);
      const rate = HEADERS / ((performance.now() - began) / 1000);
      const used = process.cpuUsage(cpu);
      if (rate > best) {
        best = rate;
        figures[`verify_headers_cpu_us_${threads}_threads`] = (used.user + used.system) / HEADERS;
      }
    }
    await verification.close();
    report(
      `verify_headers_per_s_${threads}_threads`,
      best,
      `headers/s (${AUTHORS} authors, best of ${ROUNDS})`,
    );
  }
  const some = items
    .slice(0, 512)
    .map(({ header }) => [header.miner_pub, encodeHeader(header), header.signature]);
  const began = performance.now();
  for (const [author, message, signature] of some)
    if (!checkSignatureNative(author, message, signature)) throw new Error('invalid');
  report(
    'openssl_signatures_per_s',
    some.length / ((performance.now() - began) / 1000),
    'signatures/s, one thread, for comparison',
  );
}

async function verifyAll(verification, items, times) {
  const tasks = [];
  for (let time = 0; time < times; time++)
    for (let first = 0; first < items.length; first += BATCH)
      tasks.push(
        verification.verify(items.slice(first, first + BATCH).map(({ hash, bytes }) => ({ hash, bytes }))),
      );
  for (const verdicts of await Promise.all(tasks))
    if (verdicts.some((verdict) => verdict !== null)) throw new Error('a good header was refused');
}

/** A header of about 900 bytes, signed by OpenSSL for speed. */
function storedHeader(i) {
  const secret = createHash('sha256')
    .update(`author ${i % AUTHORS}`)
    .digest();
  const publicKey = Buffer.from(secp256k1Signer(secret).publicKey);
  const header = {
    version: 1,
    chain_id: 'B',
    block_type: 'expert',
    prev_hash: null,
    depends_on: [createHash('sha256').update('meta').digest('hex')],
    name: `layer${i % 32}.expert${i}`,
    layer_id: i % 32,
    payload_type: 'tensorblock',
    payload_hash: createHash('sha256').update(`payload ${i}`).digest('hex'),
    payload_size: 249_216,
    payload_root: createHash('sha256').update(`root ${i}`).digest('hex'),
    metadata: {
      model: 'bench',
      dtype: 'q8',
      tensors: ['gate', 'up', 'down'].map((name, at) => ({
        name,
        offset: at * 83_072,
        length: 83_072,
        rows: 384,
        columns: 192,
        dtype: 'int8',
      })),
    },
    miner_pub: publicKey.toString('hex'),
    timestamp: 1_763_700_000_000 + i,
    nonce: 0,
  };
  const full = { ...header, signature: signLow(encodeHeader(header), secret) };
  return { hash: hashHeader(header), header: full, bytes: encodeSignedHeader(full) };
}

function signLow(message, secret) {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const der = Buffer.concat([
    Buffer.from('302e0201010420', 'hex'),
    secret,
    Buffer.from('a00706052b8104000a', 'hex'),
  ]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'sec1' });
  const signature = sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
  const s = BigInt(`0x${signature.toString('hex', 32)}`);
  const low = s > order / 2n ? order - s : s;
  return signature.toString('hex', 0, 32) + low.toString(16).padStart(64, '0');
}

/** Appends and blocks on an embedded PostgreSQL that flushes every commit. */
async function measureDatabase() {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-bench-chain-'));
  chmodSync(folder, 0o755);
  const config = unwrap(loadConfig({ DATA_DIR: folder }));
  const postgres = unwrap(await EmbeddedPostgres.start(config));
  try {
    const dataSource = await connectDataSource(new DataSource(dataSourceOptions(config, postgres.url)));
    const [{ durable }] = await dataSource.query(
      `SELECT current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off' AS durable`,
    );
    if (!durable) throw new Error('PostgreSQL does not flush commits; the figures would mean nothing');
    const node = await openNode(config, dataSource);
    node.sequencer.onApplicationBootstrap();
    await measureAppends(node);
    await measurePublishing(node);
    await node.sequencer.beforeApplicationShutdown();
    await node.writer.close();
    await dataSource.destroy();
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openNode(config, dataSource) {
  const transactions = new Transactions(dataSource);
  const keys = unwrap(await NodeKeys.load(config));
  const [signal, events] = [new LogSignal(), new EventBus()];
  const logFolder = join(config.dataDir, 'log');
  // as a server does: files are written by a thread of their own
  const writer = new ThreadedWriter(incomingOf(logFolder));
  const files = new LogFiles(logFolder, writer);
  const published = new PublishedEntries(dataSource, files);
  const direct = new DirectEntries();
  const clock = new LeafClock(dataSource);
  const log = new LogAppender(
    new GroupCommit(transactions, clock),
    signal,
    published,
    direct,
    clock,
    new LogSpace(config.dataDir),
  );
  const stores = BlockStores.inFolder(join(config.dataDir, 'blobs'));
  const context = { clock: systemClock, checkSignature: checkSignatureNative, difficultyFor: () => 0 };
  return {
    log,
    writer,
    reader: new LogReader(dataSource, files, keys),
    author: new BlockAuthor(keys, context),
    publisher: new BlockPublisher(dataSource, transactions, stores, new BlockRules(), log, events, context),
    sequencer: new Sequencer(dataSource, files, keys, signal, published, direct, events),
  };
}

/** Many callers, each waiting for its own entry to be durable before the next; each with a row of its own beside it. */
async function measureAppends({ log, sequencer, reader }) {
  const end = performance.now() + SECONDS * 1000;
  let done = 0;
  let longest = 0;
  const caller = async (name) => {
    for (let i = 0; performance.now() < end; i++) {
      const began = performance.now();
      const subject = `bench/${name}/${i}`;
      await log.appendGrouped(
        [{ kind: 'bench', subject, actor: 'bench', hash: '0'.repeat(64), data: { tokens: i } }],
        (manager) => manager.query('SELECT 1'),
      );
      longest = Math.max(longest, performance.now() - began);
      done++;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, (_, i) => caller(i)));
  report(
    'log_appends_per_s',
    done / ((performance.now() - began) / 1000),
    `durable entries/s, ${CALLERS} callers, a statement each`,
  );
  report('log_append_longest_ms', longest, 'ms');
  const waited = performance.now();
  while (!(await sequencer.settle(30_000)) || (await reader.checkpoint()).size < done);
  report(
    'log_publish_backlog_ms',
    performance.now() - waited,
    'ms until the last entry is under a signed checkpoint',
  );
}

async function measurePublishing({ author, publisher }) {
  const [meta] = unwrap(
    await publisher.appendLinear('A', async (prevHash) => {
      const payload = utf8ToBytes(canonicalJson({ bench: true }));
      return [
        {
          payload,
          header: await author.create({ chain: 'A', type: 'meta', payload, payloadType: 'json', prevHash }),
        },
      ];
    }),
  );
  const blocks = [];
  for (let i = 0; i < 64; i++) {
    const payload = new Uint8Array(250_000).fill(i);
    const metadata = { model: 'bench', tensors: [{ name: 'gate', offset: 0, length: payload.length }] };
    const header = await author.create({
      chain: 'B',
      type: 'expert',
      name: `layer0.expert${i}`,
      layer: 0,
      payload,
      payloadType: 'tensorblock',
      dependsOn: [meta.hash],
      metadata,
    });
    blocks.push({ header, payload });
  }
  const began = performance.now();
  unwrap(await publisher.publish(blocks));
  const ms = performance.now() - began;
  report('publish_64_blocks_ms', ms, 'ms for 64 blocks of 250 kB, checked, flushed and logged');
}
