import type { MigrationInterface } from 'typeorm';
import { Chain1763700000001 } from './1763700000001-chain.js';
import { Models1763700000002 } from './1763700000002-models.js';
import { Inference1763700000003 } from './1763700000003-inference.js';
import { WriteKeys1763700000004 } from './1763700000004-write-keys.js';
import { Accounts1763700000005 } from './1763700000005-accounts.js';
import { Tasks1763700000006 } from './1763700000006-tasks.js';
import { Decisions1763700000007 } from './1763700000007-decisions.js';
import { Monitoring1763700000008 } from './1763700000008-monitoring.js';
import { Evaluation1763700000009 } from './1763700000009-evaluation.js';
import { PasswordLinks1763700000010 } from './1763700000010-password-links.js';
import { Operations1763700000011 } from './1763700000011-operations.js';
import { Rewards1763700000012 } from './1763700000012-rewards.js';
import { Datasets1763700000013 } from './1763700000013-datasets.js';
import { Learning1763700000014 } from './1763700000014-learning.js';
import { Openings1763700000016 } from './1763700000016-openings.js';
import { RewardsEpochs1763700000017 } from './1763700000017-rewards-epochs.js';
import { AlertSilence1763700000018 } from './1763700000018-alert-silence.js';
import { Lineage1763700000019 } from './1763700000019-lineage.js';
import { DecisionLeases1763700000020 } from './1763700000020-decision-leases.js';
import { LearntFilter1763700000022 } from './1763700000022-learnt-filter.js';
import { Rounds1763700000023 } from './1763700000023-rounds.js';
import { MirrorKeys1763700000024 } from './1763700000024-mirror-keys.js';
import { RoundRetention1763700000025 } from './1763700000025-round-retention.js';
import { Removals1763700000026 } from './1763700000026-removals.js';
import { RoundLeases1763700000027 } from './1763700000027-round-leases.js';
import { PoliciesInForce1763700000028 } from './1763700000028-policies-in-force.js';
import { WithdrawnTransactions1763700000030 } from './1763700000030-withdrawn-transactions.js';
import { StepClaims1763700000031 } from './1763700000031-step-claims.js';
import { IncidentInstances1763700000032 } from './1763700000032-incident-instances.js';
import { WaitingDecision1763700000036 } from './1763700000036-waiting-decision.js';
import { WaitingSince1763700000037 } from './1763700000037-waiting-since.js';
import { Corrections1763700000038 } from './1763700000038-corrections.js';
import { SealedSets1763700000040 } from './1763700000040-sealed-sets.js';
import { ObservationInstances1763700000041 } from './1763700000041-observation-instances.js';
import { OutcomesAndHistory1763700000045 } from './1763700000045-outcomes-and-history.js';
import { NearSketches1763700000046 } from './1763700000046-near-sketches.js';
import { IncidentCourse1763700000047 } from './1763700000047-incident-course.js';

/** Every migration, oldest first. Append only: what is here has run somewhere. */
export const MIGRATIONS: readonly (new () => MigrationInterface & { readonly name: string })[] = [
  Chain1763700000001,
  Models1763700000002,
  Inference1763700000003,
  WriteKeys1763700000004,
  Accounts1763700000005,
  Tasks1763700000006,
  Decisions1763700000007,
  Monitoring1763700000008,
  Evaluation1763700000009,
  PasswordLinks1763700000010,
  Operations1763700000011,
  Rewards1763700000012,
  Datasets1763700000013,
  Learning1763700000014,
  Openings1763700000016,
  RewardsEpochs1763700000017,
  AlertSilence1763700000018,
  Lineage1763700000019,
  DecisionLeases1763700000020,
  LearntFilter1763700000022,
  Rounds1763700000023,
  MirrorKeys1763700000024,
  RoundRetention1763700000025,
  Removals1763700000026,
  RoundLeases1763700000027,
  PoliciesInForce1763700000028,
  WithdrawnTransactions1763700000030,
  StepClaims1763700000031,
  IncidentInstances1763700000032,
  WaitingDecision1763700000036,
  WaitingSince1763700000037,
  Corrections1763700000038,
  SealedSets1763700000040,
  ObservationInstances1763700000041,
  OutcomesAndHistory1763700000045,
  NearSketches1763700000046,
  IncidentCourse1763700000047,
];
