import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Json } from '../../common/index.js';
import type { CheckOutcome } from '../checks/check-outcome.js';
import { FILTER_FEATURES, filterFeatures } from './filter-features.js';
import type { LabelledFeatures } from './logistic-regression.js';
import type { LearntFilter } from './train-filter.js';

/** One in so many candidates that look unlikely is evaluated all the same: without these a filter would only ever learn what it thinks. */
export const EVALUATED_ANYWAY = 8;

/** A filter as stored. */
export interface StoredFilter {
  /** SHA-256 over the verdicts it was made of. */
  readonly input: string;
  readonly filter: LearntFilter;
  readonly trainedAt: Date;
}

/** What became of candidates that filters found unlikely, newest ones. Members are named as in JSON. */
export interface FilterExperience {
  /** Rejected without an evaluation. */
  readonly turned_away: number;
  /** Evaluated all the same, to see whether the filter is right. */
  readonly evaluated: number;
  /** Of those, the ones that the evaluation rejected, too. */
  readonly evaluated_and_rejected: number;
}

/** Verdicts that a filter is made of, the newest ones. */
const MOST_EXAMPLES = 2_000;
/** Filters that are kept. */
const MOST_KEPT = 100;
const MOST_LOOKED_AT = 1_000;

interface JudgedColumns {
  readonly checks: string;
  readonly accepted: boolean;
  /** Why it was rejected without an evaluation; null where it was evaluated. */
  readonly code: string | null;
}

/** Learnt filters, and the verdicts they are made of. */
@Injectable()
export class FilterStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * What candidates were like before they were evaluated, and what became of them, in the order they were judged. Those that the audit of
   * their training or the pre-filter's own probe has rejected are among them, the latter only to be learnt from. What the learnt filter
   * has turned away is not, so that it does not learn what it thinks; nor what has no figures, or was rejected for what is not in them.
   */
  async examples(): Promise<LabelledFeatures[]> {
    const rows = await this.dataSource.query<JudgedColumns[]>(
      `SELECT checks, accepted, code FROM (
         SELECT checks, coalesce((verdict::json ->> 'accepted')::boolean, false) AS accepted,
           CASE WHEN verdict IS NULL THEN code END AS code, judged_at, position FROM learning_submissions
         WHERE (verdict IS NOT NULL OR code = 'PROBE_WORSE' OR code LIKE 'AUDIT\\_%')
           AND counts AND judged_at IS NOT NULL AND checks LIKE '%"probe":{%'
         ORDER BY judged_at DESC, position DESC LIMIT ${MOST_EXAMPLES}
       ) newest ORDER BY judged_at, position`,
    );
    return rows.flatMap(({ checks, accepted, code }) => {
      const all = checksOf(checks);
      const found = all.find(({ name }) => name === 'pre_filter');
      const features = found === undefined ? null : filterFeatures(found.figures);
      const learnt = all.find(({ name }) => name === 'learnt_filter');
      // The others that looked so unlikely were turned away: it stands for them.
      const weight = learnt !== undefined && isUnlikely(learnt.figures) ? EVALUATED_ANYWAY : 1;
      const rest = code === 'PROBE_WORSE' ? { weight, isPlain: true } : { weight };
      return features === null ? [] : [{ features, positive: accepted, ...rest }];
    });
  }

  /** The filter that is in force; null where none was learnt yet, or only one that looks at other things. */
  async newest(): Promise<StoredFilter | null> {
    const rows = await this.dataSource.query<{ input: string; filter: string; trained_at: Date }[]>(
      'SELECT input, filter, trained_at FROM learning_filters ORDER BY position DESC LIMIT 1',
    );
    if (rows.length === 0) return null;
    const [{ input, filter: text, trained_at: trainedAt }] = rows;
    const filter = JSON.parse(text) as LearntFilter;
    const fits = filter.version === 1 && filter.model.weights.length === FILTER_FEATURES.length;
    return fits ? { input, filter, trainedAt } : null;
  }

  /** Stores a filter. @returns false where it is there already */
  async insert(manager: EntityManager, input: string, filter: LearntFilter): Promise<boolean> {
    const inserted: unknown[] = await manager.query(
      'INSERT INTO learning_filters (input, filter) VALUES ($1, $2) ON CONFLICT (input) DO NOTHING RETURNING position',
      [input, JSON.stringify(filter)],
    );
    await manager.query(
      `DELETE FROM learning_filters WHERE position < (
         SELECT min(position) FROM (SELECT position FROM learning_filters ORDER BY position DESC LIMIT ${MOST_KEPT}) kept
       )`,
    );
    return inserted.length > 0;
  }

  /** How filters have fared with candidates that came after them. */
  async experience(): Promise<FilterExperience> {
    const rows = await this.dataSource.query<{ checks: string; accepted: boolean | null }[]>(
      `SELECT checks, (verdict::json ->> 'accepted')::boolean AS accepted FROM learning_submissions
       WHERE judged_at IS NOT NULL AND checks LIKE '%"learnt_filter"%' ORDER BY judged_at DESC LIMIT ${MOST_LOOKED_AT}`,
    );
    const met = rows.flatMap(({ checks, accepted }) => {
      const check = checksOf(checks).find(({ name }) => name === 'learnt_filter');
      return check === undefined
        ? []
        : [{ passed: check.passed, unlikely: isUnlikely(check.figures), accepted }];
    });
    const evaluated = met.filter(({ passed, unlikely, accepted }) => passed && unlikely && accepted !== null);
    return {
      turned_away: met.filter(({ passed }) => !passed).length,
      evaluated: evaluated.length,
      evaluated_and_rejected: evaluated.filter(({ accepted }) => accepted === false).length,
    };
  }
}

function checksOf(text: string): readonly CheckOutcome[] {
  return JSON.parse(text) as CheckOutcome[];
}

function isUnlikely(figures: Json): boolean {
  const { probability, threshold } = figures as { readonly probability: number; readonly threshold: number };
  return probability < threshold;
}
