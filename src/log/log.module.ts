import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { AppConfig } from '../config/index.js';
import { LogAppender } from './appender.js';
import { LogFiles } from './files/log-files.js';
import { GroupCommit } from './group-commit.js';
import { LogController } from './http/log.controller.js';
import { LogHealth } from './log-health.js';
import { LogSignal } from './log-signal.js';
import { EntryList } from './read/entry-list.js';
import { LogReader } from './read/log-reader.js';
import { PublishedEntries } from './published-entries.js';
import { Sequencer } from './sequencer/sequencer.js';

/** The append-only Merkle log. Needs the global config, keys, database and events. */
@Module({
  controllers: [LogController],
  providers: [
    LogSignal,
    GroupCommit,
    PublishedEntries,
    LogAppender,
    Sequencer,
    LogReader,
    EntryList,
    LogHealth,
    {
      provide: LogFiles,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => new LogFiles(join(config.dataDir, 'log')),
    },
  ],
  exports: [LogAppender, LogReader, LogFiles, Sequencer],
})
export class LogModule {}
