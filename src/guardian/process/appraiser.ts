import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { unwrap } from '../../common/index.js';
import {
  FEATURE_MODELS,
  judge,
  rawConfidence,
  type DecisionType,
  type Features,
  type RawConfidence,
} from '../../decision/index.js';
import { MatrixBook } from '../matrix/matrix-book.js';
import type { SafetyReport } from '../safety/safety-report.js';
import { DecisionStore } from '../store/decision-store.js';
import type { Appraisal, Ground } from '../store/rows.js';
import { Calibrations } from './calibrations.js';

/** What is to be judged. */
export interface AppraisalQuestion {
  readonly type: DecisionType;
  readonly action: string;
  readonly subject: string;
  /** What it is a remedy for; null: for nothing. */
  readonly cause: string | null;
  readonly features: Features;
  readonly emergency: boolean;
  readonly blastRadius: number;
  readonly safety: SafetyReport | null;
  /** The guardian who orders it; null asks the matrix. */
  readonly orderedBy: string | null;
}

/** Judges: confidence from features and recorded outcomes, limits from the matrix, safety, the emergency stop. */
@Injectable()
export class Appraiser {
  constructor(
    private readonly book: MatrixBook,
    private readonly store: DecisionStore,
    private readonly calibrations: Calibrations,
    private readonly gate: AutonomyGate,
  ) {}

  /** The judgement as of now. @param reader the transaction that keeps others of the type out, where it counts */
  async appraise(question: AppraisalQuestion, reader: Pick<EntityManager, 'query'>): Promise<Appraisal> {
    const { type, features, blastRadius, safety, orderedBy } = question;
    const rules = this.book.rulesOf(type);
    const { raw, grounds } = confidenceOf(type, features);
    const calibrated = (await this.calibrations.of(type, reader)).calibrate(raw.value);
    const circumstances = {
      stopped: !this.gate.state().allowed,
      ...(await this.store.circumstances(reader, question)),
      blastRadius,
    };
    // The matrix writes names with underscores; components may write theirs with dashes.
    const named = { ...question, action: question.action.replaceAll('-', '_') };
    const verdict = judge(named, rules, calibrated, circumstances);
    return {
      confidence: { ...calibrated, raw: raw.value, threshold: rules.threshold },
      ...{ model: raw.model, bias: raw.bias, contributions: raw.contributions, circumstances, safety },
      ...settled(verdict, [...grounds, ...verdict.reasons], safety, orderedBy),
      matrix: this.book.current.hash,
    };
  }
}

/** The raw confidence; features the model does not know make it as low as if nothing had been measured. */
function confidenceOf(type: DecisionType, features: Features): { raw: RawConfidence; grounds: Ground[] } {
  const raw = rawConfidence(FEATURE_MODELS[type], features);
  if (raw.ok) return { raw: raw.value, grounds: [] };
  const nothing = unwrap(rawConfidence(FEATURE_MODELS[type], {}));
  return { raw: nothing, grounds: [{ code: 'FEATURES', detail: raw.error.message }] };
}

function settled(
  { outcome, intended }: Pick<Appraisal, 'intended'> & { outcome: Appraisal['outcome'] },
  reasons: readonly Ground[],
  safety: SafetyReport | null,
  orderedBy: string | null,
): Pick<Appraisal, 'outcome' | 'intended' | 'grounds'> {
  const failed = safety?.checks.filter((check) => check.outcome !== 'passed') ?? [];
  const grounds = [
    ...failed.map(({ name, detail }): Ground => ({ code: 'SAFETY', detail: `${name}: ${detail}` })),
    ...reasons,
  ];
  if (safety?.outcome === 'blocked') return { outcome: 'refuse', intended: 'escalate', grounds };
  if (orderedBy !== null) {
    const order: Ground = { code: 'OVERRIDE', detail: `${orderedBy} ordered it` };
    return { outcome: 'approve', intended, grounds: [order, ...grounds] };
  }
  if (safety?.outcome !== 'guardian') return { outcome, intended, grounds };
  return { outcome: outcome === 'approve' ? 'escalate' : outcome, intended: 'escalate', grounds };
}
