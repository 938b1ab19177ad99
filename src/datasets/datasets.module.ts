import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { LogModule } from '../log/index.js';
import { AuditClaims } from './audit/audit-claims.js';
import { AuditQueue } from './audit/audit-queue.js';
import { AuditRunner } from './audit/audit-runner.js';
import { AuditSettlement } from './audit/audit-settlement.js';
import { DatasetAuditor } from './audit/dataset-auditor.js';
import { ExpectedGain } from './audit/expected-gain.js';
import { KnownSets } from './audit/known-sets.js';
import { DatasetFsck } from './dataset-fsck.js';
import { DatasetSweeper } from './dataset-sweeper.js';
import { DatasetDecisions } from './decisions/dataset-decisions.js';
import { DatasetDecisionsController } from './http/dataset-decisions.controller.js';
import { DatasetUploadsController } from './http/dataset-uploads.controller.js';
import { DatasetsController } from './http/datasets.controller.js';
import { DatasetLineages } from './lineage/dataset-lineage.js';
import { DatasetRegistry } from './registry/dataset-registry.js';
import { DatasetRows } from './registry/dataset-rows.js';
import { DatasetRule } from './registry/dataset-rule.js';
import { DatasetFiles } from './upload/dataset-files.js';
import { DatasetIntake } from './upload/dataset-intake.js';
import { DatasetUploads } from './upload/dataset-uploads.js';
import { MultipartDataset } from './upload/multipart-dataset.js';
import { DatasetClock } from './vote/dataset-clock.js';
import { DatasetVotes } from './vote/dataset-votes.js';
import { VoteOpening } from './vote/opening.js';

/** Chain D: datasets from upload to vote. Needs the global config, keys, database, events and autonomy gate. */
@Module({
  imports: [LogModule, ChainModule],
  controllers: [DatasetUploadsController, DatasetsController, DatasetDecisionsController],
  providers: [
    ...[DatasetClock, DatasetRows, DatasetRule, DatasetRegistry],
    ...[DatasetFiles, DatasetIntake, DatasetUploads, MultipartDataset],
    ...[AuditClaims, AuditQueue, AuditRunner, AuditSettlement, DatasetAuditor, ExpectedGain, KnownSets],
    ...[DatasetVotes, VoteOpening, DatasetDecisions, DatasetLineages, DatasetFsck, DatasetSweeper],
  ],
  exports: [ExpectedGain, DatasetRows, DatasetLineages, DatasetFiles],
})
export class DatasetsModule {}
