import type { AdamOptions } from './adam.js';
import type { Schedule } from './schedule.js';

/** An expert that a model has not yet. */
export interface NewExpertPlan {
  /** `layer3.expert8` */
  readonly name: string;
  /** The expert of the same layer that it begins as. */
  readonly from: string;
}

/** Everything that decides what a training does, besides the weights it begins with and its examples. */
export interface TrainingPlan {
  /** Names of the blocks that learn: `layer3.expert5`, … */
  readonly blocks: readonly string[];
  /** Which of them are new, each with its row of the router behind it (`growModel`); absent: none. */
  readonly newExperts?: readonly NewExpertPlan[];
  /** Decides the order of the examples. */
  readonly seed: string;
  /** Tokens that an update is made from, at least: examples are taken until there are so many. */
  readonly batchTokens: number;
  /** Tokens in memory at a time, at least. More is faster and takes more memory; gradients differ by rounding. */
  readonly microBatchTokens: number;
  readonly schedule: Schedule;
  readonly adam: AdamOptions;
  /** Coefficient of the load-balancing loss; 0 where no router learns. */
  readonly balance: number;
}
