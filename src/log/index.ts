export { LogAppender } from './appender.js';
export { MAX_LEAF_BYTES, type LogEntryInput, type LogLeaf } from './entry.js';
export { LogModule } from './log.module.js';
