import type { DecisionType } from '../types.js';
import type { FeatureModel } from './feature-model.js';

/**
 * The model of each type. Weights are first guesses in the direction that experience suggests; what makes them honest is
 * the calibration, which replaces the number they give by how often such numbers came true.
 */
export const FEATURE_MODELS: Readonly<Record<DecisionType, FeatureModel>> = {
  deployment: {
    version: 'deployment/2',
    bias: -3,
    features: [
      {
        name: 'evaluation_gain',
        weight: 2,
        meaning:
          'loss in the evaluation beside the live release: 0 at least 2 % more, 0.5 the same, 1 at least 2 % less',
      },
      {
        name: 'canary_success',
        weight: 2.5,
        meaning: 'share of answers of its canary that ended as they should',
      },
      {
        name: 'canary_latency',
        weight: -1.5,
        meaning: '0: as fast as what is live, 1: half as fast or slower',
      },
      {
        name: 'provenance',
        weight: 1.5,
        meaning: 'share of its weights whose author, data and licence are on the chain',
      },
      { name: 'change', weight: -1, meaning: 'share of its weights that differ from what is live' },
    ],
  },
  scaling: {
    version: 'scaling/2',
    bias: -4,
    features: [
      {
        name: 'pressure',
        weight: 4,
        meaning:
          'more: share of the streams in use, now or over the last minute; less: share of the last minute without any answer',
      },
      {
        name: 'queue',
        weight: 1,
        meaning: 'more: answers waiting per stream, 1 from one on; less: the same from 1 to 0',
      },
      {
        name: 'latency',
        weight: 1,
        meaning:
          'more: first tokens later than usual, 0 not at all, 1 twice as late or later; less: the same from 1 to 0',
        unknown: 0.5,
      },
      { name: 'errors', weight: -2, meaning: 'share of failed answers of late: 0 none, 1 a fifth or more' },
      {
        name: 'duration',
        weight: 1,
        meaning:
          '0: seen once, 1: half in use or more (less: half idle or more) for ten minutes without a break',
      },
      { name: 'headroom', weight: 1, meaning: 'share of the memory that would still be free' },
      {
        name: 'track_record',
        weight: 2,
        meaning: 'how often the same action helped; 0.5 where it was never tried',
        unknown: 0.5,
      },
      { name: 'oscillation', weight: -3, meaning: 'share of recent changes that were taken back' },
    ],
  },
  rollback: {
    version: 'rollback/2',
    bias: -3,
    features: [
      {
        name: 'error_rate',
        weight: 3,
        meaning: 'share of failed answers since the change: 0 none, 1 a fifth or more',
      },
      {
        name: 'latency',
        weight: 1.5,
        meaning: 'growth of the time to the first token: 0 none, 1 as much as counts',
      },
      {
        name: 'recency',
        weight: 1.5,
        meaning: '1: what is gone back from was made minutes ago, 0: a day ago or longer',
      },
      {
        name: 'target_health',
        weight: 2,
        meaning: 'share of answers before the change that ended as they should',
      },
      {
        name: 'track_record',
        weight: 2,
        meaning: 'how often the same action helped; 0.5 where it was never tried',
        unknown: 0.5,
      },
    ],
  },
  healing: {
    version: 'healing/1',
    bias: -1.5,
    features: [
      { name: 'pattern_match', weight: 3, meaning: 'how well the diagnosis fits a known pattern' },
      {
        name: 'remedy_success',
        weight: 2.5,
        meaning: 'how often this remedy helped against this pattern',
        unknown: 0.5,
      },
      { name: 'severity', weight: 1, meaning: '0: a nuisance, 1: answers fail' },
      { name: 'repetition', weight: -3, meaning: 'attempts at the same incident, of those allowed' },
    ],
  },
  monitoring: {
    version: 'monitoring/2',
    bias: -1,
    features: [
      {
        name: 'evidence',
        weight: 3,
        meaning:
          "quieter: share of the alerts of this kind that are over which ended without anybody's doing; louder: the same from 1 to 0",
        unknown: 0.5,
      },
      {
        name: 'agreement',
        weight: 1.5,
        meaning:
          'louder: share of the other agents that see something wrong now; quieter: the same from 1 to 0',
        unknown: 0.5,
      },
      {
        name: 'flapping',
        weight: -2,
        meaning:
          'louder: share of the alerts of this kind that had just ended when they came; quieter: the same from 1 to 0',
        unknown: 0.5,
      },
    ],
  },
  guardian_override: {
    version: 'guardian_override/1',
    bias: -4,
    features: [{ name: 'guardian', weight: 8, meaning: '1: a guardian asks for it' }],
  },
};
