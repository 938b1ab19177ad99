export { EvaluationModule } from './evaluation.module.js';
export type { MirrorFigures, MirrorReport } from './report/mirror-report.js';
export { verifyReport } from './report/sign-report.js';
export { TruthMirror, type BegunRun } from './runs/truth-mirror.js';
