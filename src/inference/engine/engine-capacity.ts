import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/index.js';
import { PAGE_POSITIONS, positionBytes, type ModelConfig } from '../kernel/index.js';
import { engineSize, engineStreams } from './engine-size.js';
import { EngineTuning } from './engine-tuning.js';

const MEBIBYTE = 2 ** 20;

/** What the engine can take at once, as it is configured and tuned now. */
@Injectable()
export class EngineCapacity {
  constructor(
    private readonly config: AppConfig,
    private readonly tuning: EngineTuning,
  ) {}

  /** Answers it works on at once. */
  get streams(): number {
    return engineStreams(this.config, this.tuning.size.streams);
  }

  /** Tokens that prompt and answer of one request may have together, so that the key/value cache can hold it at all. */
  tokens(model: ModelConfig): number {
    const { kvCacheMb } = engineSize(this.config, this.tuning);
    const step = this.config.inferenceEngine === 'tfjs' ? 1 : PAGE_POSITIONS;
    const steps = Math.floor((kvCacheMb * MEBIBYTE) / (step * positionBytes(model)));
    // Nothing is computed of the last token.
    return steps * step + 1;
  }
}
