import { Injectable } from '@nestjs/common';

/** How large an engine is. None of it changes a bit of an answer. */
export interface EngineSize {
  readonly threads: number;
  /** Answers it works on at once. */
  readonly streams: number;
  readonly expertCacheMb: number;
  readonly kvCacheMb: number;
}

/** What was changed of the engine's size since the configuration was read; an engine takes it when it starts. */
@Injectable()
export class EngineTuning {
  /** What is not in it is as configured. */
  size: Partial<EngineSize> = {};
}
