export * from './block/index.js';
export { ChainModule } from './chain.module.js';
export type { BlockRule } from './checks/check.js';
export { digestSource } from './checks/payload.js';
export { BlockRules } from './checks/rules.js';
export * from './delta/index.js';
export { Fsck, type FsckReport } from './fsck/fsck.js';
export {
  FsckRegistry,
  type AcceptedFact,
  type FsckCheck,
  type FsckFacts,
  type FsckOptions,
} from './fsck/fsck-check.js';
export { ruleBroken } from './kinds/refusal.js';
export { BlockAuthor, type BlockDraft } from './publish/block-author.js';
export type { AcceptedBlock, BlockInput, PayloadSource } from './publish/block-input.js';
export { BlockPublisher, type RowsOfBlocks } from './publish/block-publisher.js';
export { payloadBytes, type ParentFacts, type ResolvedCandidate } from './publish/candidate.js';
export { BlockUploads } from './read/block-uploads.js';
export { BlockReader, type Page } from './read/block-reader.js';
export type { BlockFilter, PageRequest } from './read/page-query.js';
export {
  BlobStore,
  type BlobCondition,
  type BlobInput,
  type ByteRange,
  type StagedBlob,
} from './store/blob-store.js';
export { BlockStores, nameOfHeader, nameOfLeaves } from './store/block-stores.js';
export { FileBlobStore } from './store/file-blob-store.js';
export { PayloadForms, type SnapshotReason } from './store/payload-forms.js';
export { PayloadStore } from './store/payload-store.js';
export { storageError } from './store/storage-error.js';
export type { StoredBlock } from './tables/block-queries.js';
export type { ChainHead } from './tables/block-writer.js';
