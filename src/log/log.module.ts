import { join } from 'node:path';
import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../config/index.js';
import { DatabaseClock } from '../database/index.js';
import { LogAppender } from './appender.js';
import { incomingOf, LogFiles } from './files/log-files.js';
import { ThreadedWriter } from './files/threaded-writer.js';
import { RoundWriter } from './files/write-round.js';
import { GroupCommit } from './group-commit.js';
import { LogController } from './http/log.controller.js';
import { LogHealth } from './log-health.js';
import { LeafClock } from './leaf-clock.js';
import { LogSpace } from './log-space.js';
import { LogSignal } from './log-signal.js';
import { EntryList } from './read/entry-list.js';
import { LogReader } from './read/log-reader.js';
import { PublishedEntries } from './published-entries.js';
import { DirectEntries } from './sequencer/direct-entries.js';
import { Sequencer } from './sequencer/sequencer.js';

/** The thread that writes the log's files, ended with the server. */
@Injectable()
export class LogWriterThread implements OnApplicationShutdown {
  readonly writer: ThreadedWriter | RoundWriter;

  constructor(config: AppConfig) {
    const incoming = incomingOf(join(config.dataDir, 'log'));
    this.writer = ThreadedWriter.isBuilt() ? new ThreadedWriter(incoming) : new RoundWriter(incoming);
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.writer instanceof ThreadedWriter) await this.writer.close();
  }
}

/** The append-only Merkle log. Needs the global config, keys, database and events. */
@Module({
  controllers: [LogController],
  providers: [
    LogSignal,
    GroupCommit,
    {
      provide: LeafClock,
      inject: [DataSource, DatabaseClock],
      useFactory: (dataSource: DataSource, clock: DatabaseClock) => new LeafClock(dataSource, clock),
    },
    {
      provide: PublishedEntries,
      inject: [DataSource, LogFiles],
      useFactory: (dataSource: DataSource, files: LogFiles) => new PublishedEntries(dataSource, files),
    },
    DirectEntries,
    {
      provide: LogSpace,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => new LogSpace(config.dataDir),
    },
    LogWriterThread,
    LogAppender,
    Sequencer,
    LogReader,
    EntryList,
    LogHealth,
    {
      provide: LogFiles,
      inject: [AppConfig, LogWriterThread],
      useFactory: (config: AppConfig, thread: LogWriterThread) =>
        new LogFiles(join(config.dataDir, 'log'), thread.writer),
    },
  ],
  exports: [LogAppender, LogReader, LogFiles, Sequencer],
})
export class LogModule {}
