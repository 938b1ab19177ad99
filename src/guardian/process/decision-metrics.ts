import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  brierScore,
  DECISION_TYPES,
  expectedCalibrationError,
  FEATURE_MODELS,
  regret,
  reliabilityCurve,
  type Answered,
  type CalibrationBlock,
  type DecisionType,
  type FeatureModel,
  type Judged,
  type Regret,
  type ReliabilityBin,
  type TypeRules,
} from '../../decision/index.js';
import { MatrixBook } from '../matrix/matrix-book.js';
import { DecisionStore } from '../store/decision-store.js';
import { Calibrations } from './calibrations.js';

/** Decisions the figures look back on. */
const MOST = 10_000;

/** How well the server judges itself. */
export interface JudgementFigures {
  /** Decisions whose end is known. */
  readonly decisions: number;
  readonly reliability: readonly ReliabilityBin[];
  readonly brier: number | null;
  readonly ece: number;
  readonly regret: Regret | null;
}

/** The same for one type, with what it is judged by. */
export interface TypeFigures extends JudgementFigures {
  readonly type: DecisionType;
  readonly rules: TypeRules;
  readonly model: FeatureModel;
  /** What raw confidences were worth. */
  readonly calibration: readonly CalibrationBlock[];
}

/** Figures of all decisions on record. */
export interface DecisionFigures extends JudgementFigures {
  /** Type to state to count. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly types: readonly TypeFigures[];
}

interface AnsweredRow extends Answered {
  readonly type: string;
}

/** Compares what the server thought of its decisions with what came of them, and with what guardians said. */
@Injectable()
export class DecisionMetrics {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: DecisionStore,
    private readonly book: MatrixBook,
    private readonly calibrations: Calibrations,
  ) {}

  /** All figures, of the newest ten thousand decisions of each kind. */
  async figures(): Promise<DecisionFigures> {
    const [counts, judged, answered] = await Promise.all([
      this.counts(),
      this.store.judged(MOST),
      this.answered(),
    ]);
    const types: TypeFigures[] = [];
    for (const type of DECISION_TYPES) {
      const own = <T extends { readonly type: string }>(rows: readonly T[]) =>
        rows.filter((row) => row.type === type);
      const calibration = (await this.calibrations.of(type)).blocks;
      const given = { type, rules: this.book.rulesOf(type), model: FEATURE_MODELS[type], calibration };
      types.push({ ...given, ...figuresOf(own(judged), own(answered)) });
    }
    return { counts, types, ...figuresOf(judged, answered) };
  }

  private async counts(): Promise<Record<string, Record<string, number>>> {
    const rows = await this.dataSource.query<{ type: string; state: string; count: string }[]>(
      'SELECT type, state, count(*) AS count FROM decisions GROUP BY type, state',
    );
    const counts: Record<string, Record<string, number>> = {};
    for (const { type, state, count } of rows) (counts[type] ??= {})[state] = Number(count);
    return counts;
  }

  /** What guardians said to questions, and automatic decisions they took back. */
  private async answered(): Promise<AnsweredRow[]> {
    return this.dataSource.query<AnsweredRow[]>(
      `SELECT d.type, d.intended = 'approve' AS passed, e.state = 'approved' AS approved, d.position
       FROM escalations e JOIN decisions d ON d.id = e.decision_id WHERE e.state IN ('approved', 'rejected')
       UNION ALL
       SELECT type, true AS passed, state <> 'undone' OR helped IS FALSE AS approved, position
       FROM decisions WHERE automatic AND state IN ('succeeded', 'undone')
       ORDER BY position DESC LIMIT $1`,
      [MOST],
    );
  }
}

function figuresOf(judged: readonly Judged[], answered: readonly Answered[]): JudgementFigures {
  return {
    decisions: judged.length,
    reliability: reliabilityCurve(judged),
    ...{ brier: brierScore(judged), ece: expectedCalibrationError(judged), regret: regret(answered) },
  };
}
