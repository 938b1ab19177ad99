import { Module } from '@nestjs/common';
import { join } from 'node:path';
import { bytesToHex, CodedError } from '../common/index.js';
import { AppConfig } from '../config/index.js';
import { DatabaseClock } from '../database/index.js';
import { NodeKeys } from '../keys/index.js';
import { LogModule } from '../log/index.js';
import type { CheckContext } from './checks/check.js';
import { BlockRules } from './checks/rules.js';
import { BlobExamination } from './blob-examination.js';
import { ChainHealth } from './chain-health.js';
import { Fsck } from './fsck/fsck.js';
import { FsckRegistry } from './fsck/fsck-check.js';
import { FsckController } from './http/fsck.controller.js';
import { ChainController } from './http/chain.controller.js';
import { GenesisController } from './http/genesis.controller.js';
import { PayloadController } from './http/payload.controller.js';
import { BlockAuthor } from './publish/block-author.js';
import { BlockPublisher } from './publish/block-publisher.js';
import { CHECK_CONTEXT } from './publish/check-context.js';
import { BlockGraph } from './read/block-graph.js';
import { BlockPages } from './read/block-pages.js';
import { BlockReader } from './read/block-reader.js';
import { BlockUploads } from './read/block-uploads.js';
import { BlobStore } from './store/blob-store.js';
import { BlockStores } from './store/block-stores.js';
import { checkSignatureNative } from './verify/native-signature.js';

/** Blocks: how they are made, judged, stored and read. Needs the global config, keys, database and events. */
@Module({
  imports: [LogModule],
  controllers: [FsckController, ChainController, PayloadController, GenesisController],
  providers: [
    BlockRules,
    BlockAuthor,
    BlockPublisher,
    BlockReader,
    BlockUploads,
    BlockPages,
    BlockGraph,
    ChainHealth,
    BlobExamination,
    Fsck,
    FsckRegistry,
    { provide: BlockStores, inject: [AppConfig], useFactory: openStores },
    { provide: BlobStore, inject: [BlockStores], useFactory: (stores: BlockStores) => stores.payloads },
    { provide: CHECK_CONTEXT, inject: [AppConfig, NodeKeys, DatabaseClock], useFactory: checkContext },
  ],
  exports: [
    ...[Fsck, FsckRegistry, BlockRules, BlockAuthor, BlockPublisher, BlockReader, BlockUploads],
    ...[BlockStores, BlobStore],
  ],
})
export class ChainModule {}

function openStores(config: AppConfig): BlockStores {
  if (config.blobStore !== 'file')
    throw new CodedError(
      'BLOB_STORE_UNSUPPORTED',
      'BLOB_STORE must be file: other stores have no adapter yet.',
    );
  return BlockStores.inFolder(join(config.dataDir, 'blobs'));
}

function checkContext(config: AppConfig, keys: NodeKeys, clock: DatabaseClock): CheckContext {
  const own = bytesToHex(keys.blockSigner.publicKey);
  return {
    clock,
    checkSignature: checkSignatureNative,
    difficultyFor: (author) => (author === own ? 0 : config.blockDifficulty),
  };
}
