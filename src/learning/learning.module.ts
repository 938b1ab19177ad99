import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { DatasetsModule } from '../datasets/index.js';
import { ExpertsModule } from '../experts/index.js';
import { InferenceModule } from '../inference/index.js';
import { LogModule } from '../log/index.js';
import { AgentsModule } from '../monitoring/index.js';
import { Beacons } from './beacon/beacons.js';
import { TrainingAuditRunner } from './audit/node/audit-runner.js';
import { AntiCopy } from './checks/anti-copy.js';
import { DatasetGate } from './checks/dataset-gate.js';
import { PreFilter } from './checks/pre-filter.js';
import { ExampleSources } from './evaluation/example-sources.js';
import { LossMeter } from './evaluation/loss-meter.js';
import { FilterSchedule } from './filter/filter-schedule.js';
import { FilterStore } from './filter/filter-store.js';
import { LearntPreFilter } from './filter/learnt-pre-filter.js';
import { FilterController } from './http/filter.controller.js';
import { GrownReleases } from './growth/grown-releases.js';
import { ReleaseGrowth } from './growth/growth.js';
import { LearningController } from './http/learning.controller.js';
import { LineageController } from './http/lineage.controller.js';
import { OpeningsController } from './http/openings.controller.js';
import { ExpertLineages } from './lineage/expert-lineages.js';
import { Leaderboard } from './submission/leaderboard.js';
import { OpeningDesk } from './submission/opening-desk.js';
import { SubmissionActivity } from './submission/submission-activity.js';
import { SubmissionDesk } from './submission/submission-desk.js';
import { SubmissionFiles } from './submission/submission-files.js';
import { SubmissionStore } from './submission/submission-store.js';
import { MeasuredGains } from './verdict/measured-gains.js';
import { VerdictRule } from './verdict/verdict-rule.js';
import { ComparedModelsSource } from './judging/compared-models.js';
import { Judgement } from './judging/judgement.js';
import { Publication } from './judging/publication.js';
import { RivalSource } from './judging/rivals.js';
import { Screening } from './judging/screening.js';
import { SubmissionContent } from './judging/submission-content.js';
import { SubmissionQueue } from './judging/submission-queue.js';
import { SubmissionSteps } from './judging/submission-steps.js';
import { SubmissionWorker } from './judging/submission-worker.js';
import { TrainingAudit } from './judging/training-audit.js';
import { DataSets } from './judging/data-sets.js';
import { RemovalsController } from './removal/http/removals.controller.js';
import { RemovalDesk } from './removal/removal-desk.js';
import { RemovalMeter } from './removal/removal-effect.js';
import { RemovalSteps } from './removal/removal-steps.js';
import { RemovalStore } from './removal/removal-store.js';
import { RemovalWorker } from './removal/removal-worker.js';
import { RoundsController } from './rounds/http/rounds.controller.js';
import { RoundRunner } from './rounds/node/round-runner.js';
import { RoundBases } from './rounds/round-bases.js';
import { RoundCancellation } from './rounds/round-cancellation.js';
import { RoundDesk } from './rounds/round-desk.js';
import { RoundPrivacy } from './rounds/round-privacy.js';
import { RoundRetention } from './rounds/round-retention.js';
import { RoundReveals } from './rounds/round-reveals.js';
import { RoundSteps } from './rounds/round-steps.js';
import { RoundStore } from './rounds/round-store.js';
import { RoundSubmissions } from './rounds/round-submissions.js';
import { RoundWorker } from './rounds/round-worker.js';
import { SealedSetsController } from './sealed/http/sealed-sets.controller.js';
import { KnownDocuments } from './sealed/known-documents.js';
import { SealedAlerts } from './sealed/sealed-alerts.js';
import { SealedDesk } from './sealed/sealed-desk.js';
import { SealedEvidenceMaker } from './sealed/sealed-evidence-maker.js';
import { SealedExamples } from './sealed/sealed-examples.js';
import { SealedStore } from './sealed/sealed-store.js';

/** Proof of learning: trained experts are handed in, judged, published. Needs the global config, keys, database and events. */
@Module({
  imports: [LogModule, ChainModule, DatasetsModule, ExpertsModule, InferenceModule, AgentsModule],
  controllers: [
    LearningController,
    FilterController,
    LineageController,
    OpeningsController,
    RoundsController,
    RemovalsController,
    SealedSetsController,
  ],
  providers: [
    SubmissionStore,
    SubmissionFiles,
    SubmissionContent,
    Leaderboard,
    ExpertLineages,
    Beacons,
    ...[SealedStore, SealedExamples, SealedAlerts, SealedDesk, SealedEvidenceMaker, KnownDocuments],
    ExampleSources,
    LossMeter,
    AntiCopy,
    DatasetGate,
    PreFilter,
    FilterStore,
    LearntPreFilter,
    FilterSchedule,
    ReleaseGrowth,
    GrownReleases,
    ComparedModelsSource,
    Screening,
    TrainingAuditRunner,
    TrainingAudit,
    DataSets,
    Judgement,
    Publication,
    VerdictRule,
    MeasuredGains,
    RivalSource,
    SubmissionSteps,
    SubmissionQueue,
    SubmissionWorker,
    SubmissionActivity,
    SubmissionDesk,
    OpeningDesk,
    RemovalStore,
    RemovalDesk,
    RemovalMeter,
    RemovalSteps,
    RemovalWorker,
    RoundStore,
    RoundBases,
    RoundRunner,
    RoundSubmissions,
    RoundSteps,
    RoundWorker,
    RoundDesk,
    RoundReveals,
    RoundPrivacy,
    RoundRetention,
    RoundCancellation,
  ],
  exports: [SubmissionStore],
})
export class LearningModule {}
