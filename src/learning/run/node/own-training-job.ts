import type { Result } from '../../../common/index.js';
import { nativeSha256 } from '../../../common/native-hash.js';
import type { ReleaseModel } from '../../source/release-model.js';
import { trainingKernelPath } from '../../trainer/node/training-kernel-path.js';
import { TrainingThreads } from '../../trainer/node/training-threads.js';
import type { CarryOut } from '../../trainer/pieces.js';
import type { TrainingPlan } from '../../trainer/training-plan.js';
import type { TrainingExamples } from '../read-examples.js';
import {
  longestOf,
  openJobOn,
  startJobOn,
  type TrainingGround,
  type TrainingJob,
  type TrainingWish,
} from '../training-job.js';

/** Outputs of frozen layers that are kept. */
const PREFIX_BYTES = 1 << 30;

/** `startJobOn` threads of this process. */
export function startJob(
  model: ReleaseModel,
  examples: TrainingExamples,
  wish: TrainingWish & { readonly threads: number },
  now: () => number,
  carryOut: CarryOut,
): Promise<Result<TrainingJob>> {
  return startJobOn(groundOf(examples, wish.threads), model, examples, wish, now, carryOut);
}

/** `openJobOn` threads of this process. */
export function openJob(
  model: ReleaseModel,
  examples: Pick<TrainingExamples, 'learnt' | 'unseen'>,
  plan: TrainingPlan,
  threads: number,
): TrainingJob {
  return openJobOn(groundOf(examples, threads), model, examples, plan);
}

function groundOf(examples: Pick<TrainingExamples, 'learnt' | 'unseen'>, threads: number): TrainingGround {
  const kernelPath = trainingKernelPath();
  const started = TrainingThreads.start({ kernelPath, threads, longest: longestOf(examples) });
  return { threads: started, sha256: nativeSha256, prefixBytes: PREFIX_BYTES };
}
