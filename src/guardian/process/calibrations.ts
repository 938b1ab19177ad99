import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Calibrator, FEATURE_MODELS, type DecisionType } from '../../decision/index.js';
import { DecisionStore } from '../store/decision-store.js';

/** Outcomes a calibration learns from: the newest ones, so that it follows a server that changes. */
const MOST_OUTCOMES = 2_000;
/** Estimates of all types whose errors are learned from. */
const MOST_ESTIMATES = 1_000;

/** What raw confidences of each type were worth, learned from the outcomes in the database. */
@Injectable()
export class Calibrations {
  constructor(private readonly store: DecisionStore) {}

  /** The calibrator of a type, of the version of its model that is in use. */
  async of(type: DecisionType, reader?: Pick<EntityManager, 'query'>): Promise<Calibrator> {
    const { version } = FEATURE_MODELS[type];
    const outcomes = await this.store.outcomes(type, version, MOST_OUTCOMES, reader);
    return Calibrator.fit(outcomes, await this.store.judged(MOST_ESTIMATES, reader));
  }
}
