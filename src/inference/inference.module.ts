import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { AppConfig } from '../config/index.js';
import { ExpertsModule } from '../experts/index.js';
import { LogModule } from '../log/index.js';
import { AnswerFees } from './answers/answer-fees.js';
import { AnswerMeter } from './answers/answer-meter.js';
import { ShadowAnswers } from './answers/shadow-answers.js';
import { InferenceService } from './answers/inference.service.js';
import { BundleWriter } from './bundle/bundle-writer.js';
import { EmbeddingService } from './embeddings/embedding.service.js';
import { EmbeddingsController } from './embeddings/embeddings.controller.js';
import { BlockWatch } from './engine/block-watch.js';
import { ENGINE_FACTORY } from './engine/engine-factory.js';
import { RoutingTraces } from './cache-lab/routing-traces.js';
import { TraceController } from './cache-lab/trace.controller.js';
import { EngineExaminer } from './engine/engine-examiner.js';
import { EngineHost } from './engine/engine-host.js';
import { EngineCapacity } from './engine/engine-capacity.js';
import { EngineFigures } from './engine/engine-figures.js';
import { EngineTuning } from './engine/engine-tuning.js';
import { KernelArchive } from './engine/kernel-archive.js';
import { configuredEngineFactory } from './engine/kernel-engine.js';
import { LogitsController } from './logits/logits.controller.js';
import { LogitsService } from './logits/logits.service.js';
import { Idempotency } from './idempotency/idempotency.js';
import { KeptAnswers } from './idempotency/kept-answers.js';
import { ExpertsReleaseSource } from './models/experts-release-source.js';
import { ImportCheck } from './models/import-check.js';
import { ModelCatalog } from './models/model-catalog.js';
import { PromptEncoder } from './models/prompt-encoder.js';
import { ReleaseSource } from './models/release-source.js';
import { ServingPlan } from './models/serving-plan.js';
import { QuantisationMeter } from './quality/quantisation-meter.js';
import { TextMeter } from './quality/text-meter.js';
import { ChatController } from './native/chat.controller.js';
import { OpenAiController } from './openai/openai.controller.js';
import { BundleController } from './receipts/bundle.controller.js';
import { DisputeController } from './receipts/dispute.controller.js';
import { DisputeService } from './receipts/dispute-service.js';
import { PayerNames } from './receipts/payer-names.js';
import { ReceiptFsck } from './receipts/receipt-fsck.js';
import { ReceiptIssuer } from './receipts/receipt-issuer.js';
import { ReceiptLog } from './receipts/receipt-log.js';
import { ReceiptService } from './receipts/receipt-service.js';
import { ReceiptStore } from './receipts/receipt-store.js';
import { ReceiptsController } from './receipts/receipts.controller.js';
import { ReceiptWriter } from './receipts/receipt-writer.js';
import { NodeDisputes } from './testimony/node-disputes.js';
import { TestimonyController } from './testimony/testimony.controller.js';
import { TestimonyService } from './testimony/testimony.service.js';
import { AnswerEndpoint } from './responses/answer-endpoint.js';
import { AnswerResponder } from './responses/answer-responder.js';

/** Answers from verified blocks, with receipts anyone can replay. */
@Module({
  imports: [ChainModule, LogModule, ExpertsModule],
  controllers: [
    OpenAiController,
    EmbeddingsController,
    ChatController,
    ReceiptsController,
    BundleController,
    DisputeController,
    TestimonyController,
    LogitsController,
    TraceController,
  ],
  providers: [
    {
      provide: ENGINE_FACTORY,
      inject: [AppConfig, EngineTuning],
      useFactory: (config: AppConfig, tuning: EngineTuning) => configuredEngineFactory(config, tuning),
    },
    EngineTuning,
    EngineCapacity,
    { provide: ReleaseSource, useClass: ExpertsReleaseSource },
    BlockWatch,
    KernelArchive,
    EngineHost,
    EngineExaminer,
    EngineFigures,
    ServingPlan,
    ModelCatalog,
    ImportCheck,
    PromptEncoder,
    LogitsService,
    QuantisationMeter,
    TextMeter,
    RoutingTraces,
    AnswerFees,
    AnswerMeter,
    ShadowAnswers,
    InferenceService,
    EmbeddingService,
    AnswerResponder,
    AnswerEndpoint,
    KeptAnswers,
    Idempotency,
    ReceiptStore,
    PayerNames,
    ReceiptWriter,
    ReceiptIssuer,
    ReceiptLog,
    ReceiptService,
    ReceiptFsck,
    BundleWriter,
    DisputeService,
    TestimonyService,
    NodeDisputes,
  ],
  exports: [
    AnswerFees,
    InferenceService,
    EngineHost,
    ModelCatalog,
    ServingPlan,
    EngineTuning,
    LogitsService,
    RoutingTraces,
    ReceiptService,
    DisputeService,
    TextMeter,
  ],
})
export class InferenceModule {}
