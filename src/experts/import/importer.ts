import { Injectable } from '@nestjs/common';
import { join } from 'node:path';
import { BlobStore, BlockAuthor, BlockPublisher, BlockReader } from '../../chain/index.js';
import { CodedError, err, EventBus, ok, unwrap, type Json, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { modelConfigJson } from '../model-config.js';
import { unstated, type Provenance } from '../provenance/provenance.js';
import { ReleaseAuthor } from '../releases/release-author.js';
import { ArchitecturePublisher } from './architecture-blocks.js';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import {
  checkOptions,
  defaultName,
  statedIn,
  type ImportOptions,
  type ImportProgress,
  type ReleaseSummary,
} from './import-options.js';
import { exactBytes, ExactWeights } from './exact-weights.js';
import { ImportJournal } from './journal.js';
import {
  QualityMeters,
  tooLargeUnasked,
  unknown,
  type QualityReport,
  type QualityUnknown,
} from './quality.js';
import { TokenizerChecks } from './tokenizer-checks.js';
import { importAborted, WeightImport } from './weight-import.js';

/**
 * The time imported blocks bear unless another is asked for: the first moment of the year of block version 1. A constant,
 * because the same input must give the same blocks on every day; when a block was taken in stands in the log.
 */
export const IMPORT_TIMESTAMP = Date.UTC(2026, 0, 1);

/** Goes into the journal's name: raised when the same checkpoint starts to give other bytes. */
const ENCODING_VERSION = '2';

/** Least time between two notices to the dashboard. */
const ANNOUNCE_MS = 100;

/** Turns checkpoints into blocks and releases; one import at a time. */
@Injectable()
export class Importer {
  private running: string | null = null;

  constructor(
    private readonly author: BlockAuthor,
    private readonly publisher: BlockPublisher,
    private readonly reader: BlockReader,
    private readonly payloads: BlobStore,
    private readonly architecture: ArchitecturePublisher,
    private readonly releases: ReleaseAuthor,
    private readonly quality: QualityMeters,
    private readonly tokenizers: TokenizerChecks,
    private readonly events: EventBus,
    private readonly config: AppConfig,
  ) {}

  /**
   * Imports a Hugging Face checkpoint of a known family (docs/formats/release.md). Can be repeated and interrupted at any point:
   * what is on the chain is found again. Refusals: `IMPORT_…`, `SAFETENSORS_…`, `RELEASE_…`, `BLOCK_…`, `STORAGE_…`.
   */
  async import(
    folder: string,
    options: ImportOptions = {},
    onProgress: (progress: ImportProgress) => void = () => undefined,
  ): Promise<Result<ReleaseSummary>> {
    const model = options.name ?? defaultName(folder);
    const refusal = checkOptions(model, options);
    if (refusal !== null) return err(refusal);
    if (this.running !== null) {
      return err(
        new CodedError(
          'IMPORT_BUSY',
          `an import of ${this.running} is running`,
          { model: this.running },
          409,
        ),
      );
    }
    this.running = model;
    try {
      const checkpoint = await openCheckpoint(folder);
      if (!checkpoint.ok) return checkpoint;
      try {
        return await this.importCheckpoint(model, checkpoint.value, options, onProgress);
      } finally {
        await checkpoint.value.source.close();
      }
    } finally {
      this.running = null;
    }
  }

  private async importCheckpoint(
    model: string,
    checkpoint: Checkpoint,
    options: ImportOptions,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<Result<ReleaseSummary>> {
    const { config, totalBytes: total } = checkpoint;
    const tokenizer = checkpoint.tokenizer as unknown as Json;
    const readable = this.tokenizers.check(tokenizer);
    if (!readable.ok) return readable;
    const dtype = options.dtype ?? 'q8';
    const timestamp = options.timestamp ?? IMPORT_TIMESTAMP;
    const configJson = modelConfigJson(config);
    const chainA = await this.architecture.publish(model, configJson, tokenizer, timestamp);
    if (!chainA.ok) return chainA;
    const { meta } = chainA.value;
    const report = this.reporter(model, total, onProgress);
    const inputs = [
      ENCODING_VERSION,
      model,
      dtype,
      meta,
      this.author.publicKey,
      `${timestamp}`,
      checkpoint.source.fingerprint(),
    ];
    const journal = await ImportJournal.open(join(this.config.dataDir, 'imports'), inputs);
    const { author, publisher, reader, payloads } = this;
    const init = { model, dtype, meta, timestamp, signal: options.signal, onBytes: report };
    const weightImport = new WeightImport({ author, publisher, reader, payloads, journal }, checkpoint, init);
    const weights = await weightImport.run();
    if (!weights.ok) return weights;
    // Told during the last block: what is on the chain stays, but no release comes of it.
    if (options.signal?.aborted === true) return err(importAborted());
    const draft = {
      model,
      version: options.version,
      config,
      ...chainA.value,
      weights: weights.value,
      dtype,
      timestamp,
      provenance: provenanceOf(checkpoint, options),
    };
    const release = await this.releases.publish(draft);
    if (!release.ok) return release;
    await journal.remove();
    const blocks = checkpoint.blocks.length;
    const quality = await this.measure(release.value.release, checkpoint, options, () => {
      onProgress({ step: 'comparing with the exact weights', done: total, total });
    });
    return ok({
      model,
      ...chainA.value,
      ...release.value,
      unstated: unstated(release.value.provenance),
      dtype,
      blocks,
      created_blocks: weightImport.created,
      ...(quality === null ? {} : { quality }),
    });
  }

  /** What the release answers beside the exact weights; null where that is not asked for. Never fails an import. */
  private async measure(
    release: string,
    checkpoint: Checkpoint,
    { dtype, measure = dtype === 'q4' ? undefined : false }: ImportOptions,
    begin: () => void,
  ): Promise<QualityReport | QualityUnknown | null> {
    if (measure === false) return null;
    const tooLarge = measure === undefined ? tooLargeUnasked(exactBytes(checkpoint)) : null;
    if (tooLarge !== null) return tooLarge;
    begin();
    const exact = await ExactWeights.stage(checkpoint, this.payloads);
    if (!exact.ok) return unknown(exact.error);
    try {
      return await this.quality.compare(release, exact.value.model);
    } finally {
      await exact.value.discard();
    }
  }

  private reporter(
    model: string,
    total: number,
    onProgress: (progress: ImportProgress) => void,
  ): (bytes: number, step: string) => void {
    let done = 0;
    let announced = 0;
    return (bytes, step) => {
      done += bytes;
      onProgress({ step, done, total });
      if (performance.now() - announced < ANNOUNCE_MS && done < total) return;
      announced = performance.now();
      this.events.emit('import.progress', { model, step, done, total });
    };
  }
}

/** Where a checkpoint comes from: its model card, and over it what was asked for, member by member. */
function provenanceOf({ card }: Checkpoint, options: ImportOptions): Provenance | null {
  const stated = unwrap(statedIn(options));
  return card === null && stated === null ? null : { ...card, ...stated };
}
