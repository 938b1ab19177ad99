export { AccountJournalModule } from './account-journal.module.js';
export { LogAppender } from './appender.js';
export * from './checkpoint/index.js';
export { MAX_LEAF_BYTES, type LogEntryInput, type LogLeaf } from './entry.js';
export { LogFiles } from './files/log-files.js';
export { LogModule } from './log.module.js';
export {
  LogReader,
  type ConsistencyProof,
  type InclusionProof,
  type PublishedCheckpoint,
} from './read/log-reader.js';
export { Findings, type Finding } from './fsck/findings.js';
export { putAssigned, putLeafRow, rebuildLogFiles } from './fsck/repair-log.js';
export { verifyLogFiles, type LeafVisitor } from './fsck/verify-log.js';
export { RecordWalk, type RecordTable } from './record-walk.js';
export { decodeBundle } from './tree/entry-bundle.js';
export { GrowingTree } from './tree/growing-tree.js';
export { levelShape, TILE_WIDTH, tilePath, type TileId } from './tree/tile-path.js';
export { Sequencer, type SequencerStatus } from './sequencer/sequencer.js';
