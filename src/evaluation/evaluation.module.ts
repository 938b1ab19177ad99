import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { DatasetsModule } from '../datasets/index.js';
import { ExpertsModule } from '../experts/index.js';
import { InferenceModule } from '../inference/index.js';
import { LogModule } from '../log/index.js';
import { TruthMirrorController } from './http/truth-mirror.controller.js';
import { DatasetGain } from './measures/dataset-gain.js';
import { ReleaseBlocks } from './measures/release-blocks.js';
import { MirrorFsck } from './mirror-fsck.js';
import { MirrorRunStore } from './runs/mirror-run-store.js';
import { TruthMirror } from './runs/truth-mirror.js';

/** What a release does to people: measured, signed, kept. Needs the global keys, database, events and safety figures. */
@Module({
  imports: [LogModule, ChainModule, DatasetsModule, ExpertsModule, InferenceModule],
  controllers: [TruthMirrorController],
  providers: [DatasetGain, ReleaseBlocks, MirrorRunStore, TruthMirror, MirrorFsck],
  exports: [TruthMirror],
})
export class EvaluationModule {}
