import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { LogModule } from '../log/index.js';
import { Snapshots } from './create/snapshots.js';
import { SnapshotsController } from './http/snapshots.controller.js';

/** Snapshots of everything the server keeps. Needs the global config, keys and database. */
@Module({
  imports: [LogModule, ChainModule],
  controllers: [SnapshotsController],
  providers: [Snapshots],
  exports: [Snapshots],
})
export class SnapshotsModule {}
