import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { LogModule } from '../log/index.js';
import { WeightBlockRules } from './blocks/block-rules.js';
import { GenesisBootstrap } from './genesis-bootstrap.js';
import { GgufExport } from './gguf/gguf-export.js';
import { ArchitecturePublisher } from './import/architecture-blocks.js';
import { Importer } from './import/importer.js';
import { QualityMeters } from './import/quality.js';
import { TokenizerChecks } from './import/tokenizer-checks.js';
import { ExpertsController } from './http/experts.controller.js';
import { GgufController } from './http/gguf.controller.js';
import { ImportController } from './http/import.controller.js';
import { ModelsController } from './http/models.controller.js';
import { DeltaFsck } from './delta/delta-fsck.js';
import { PackCandidates } from './delta/pack-candidates.js';
import { PayloadPacker } from './delta/payload-packer.js';
import { PackingSchedule } from './delta/packing-schedule.js';
import { UploadController } from './http/upload.controller.js';
import { ParameterIndex } from './releases/parameter-index.js';
import { Promotion } from './releases/promotion.js';
import { PromotionDoor } from './releases/promotion-door.js';
import { ReleaseAuthor } from './releases/release-author.js';
import { ReleaseCatalog } from './releases/release-catalog.js';
import { ReleaseFsck } from './releases/release-fsck.js';
import { ReleaseRules } from './releases/release-rules.js';
import { DeltaUpload } from './upload/delta-upload.js';
import { MultipartUpload } from './upload/multipart-upload.js';
import { UploadStore } from './upload/upload-store.js';
import { ExpertReports } from './usage/expert-report.js';
import { ExpertUsage } from './usage/expert-usage.js';

/** Models: import of checkpoints, releases, and which block holds which weight. */
@Module({
  imports: [ChainModule, LogModule],
  controllers: [GgufController, ImportController, ModelsController, ExpertsController, UploadController],
  providers: [
    WeightBlockRules,
    ReleaseRules,
    ReleaseFsck,
    ReleaseCatalog,
    Promotion,
    PromotionDoor,
    ReleaseAuthor,
    ParameterIndex,
    ArchitecturePublisher,
    QualityMeters,
    TokenizerChecks,
    Importer,
    GgufExport,
    GenesisBootstrap,
    ExpertUsage,
    ExpertReports,
    MultipartUpload,
    UploadStore,
    DeltaUpload,
    PackCandidates,
    PayloadPacker,
    PackingSchedule,
    DeltaFsck,
  ],
  exports: [
    ExpertUsage,
    ParameterIndex,
    ReleaseCatalog,
    ReleaseAuthor,
    Promotion,
    PromotionDoor,
    ArchitecturePublisher,
    QualityMeters,
    TokenizerChecks,
    Importer,
    GgufExport,
    GenesisBootstrap,
    UploadStore,
    PayloadPacker,
  ],
})
export class ExpertsModule {}
