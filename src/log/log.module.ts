import { Module } from '@nestjs/common';
import { LogAppender } from './appender.js';
import { GroupCommit } from './group-commit.js';
import { LogSignal } from './log-signal.js';

/** The append-only Merkle log. Needs the global config, keys, database and events. */
@Module({
  providers: [LogSignal, GroupCommit, LogAppender],
  exports: [LogAppender],
})
export class LogModule {}
