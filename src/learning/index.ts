export { Trainer, type StepReport, type TrainerState } from './trainer/trainer.js';
export { TrainingThreads } from './trainer/node/training-threads.js';
export type { TrainingPlan } from './trainer/training-plan.js';
