import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { InferenceModule } from '../inference/index.js';
import { LogModule } from '../log/index.js';
import { Corrections } from './corrections/corrections.js';
import { EpochActivity } from './epochs/epoch-activity.js';
import { EpochFsck } from './epochs/epoch-fsck.js';
import { EpochRunner } from './epochs/epoch-runner.js';
import { EpochSettlement } from './epochs/epoch-settlement.js';
import { EpochStore } from './epochs/epoch-store.js';
import { ScoreDesk } from './epochs/score-desk.js';
import { StoredEpochSource } from './epochs/stored-source.js';
import { DepositAccounts } from './fees/deposit-accounts.js';
import { Deposits } from './fees/deposits.js';
import { FeeDesk } from './fees/fee-desk.js';
import { FeeFsck } from './fees/fee-fsck.js';
import { FeeReleases } from './fees/fee-releases.js';
import { DepositsController } from './http/deposits.controller.js';
import { EpochsController } from './http/epochs.controller.js';
import { RewardsController } from './http/rewards.controller.js';
import { ScoresController } from './http/scores.controller.js';
import { SolvencyController } from './http/solvency.controller.js';
import { LedgerFsck } from './ledger/ledger-fsck.js';
import { Ledger } from './ledger/ledger.js';
import { Expiry } from './ledger/expiry.js';
import { LedgerReader } from './ledger/ledger-reader.js';
import { TransfersRule } from './ledger/transfers-rule.js';
import { PolicyInForce } from './policy/policy-in-force.js';
import { Solvency } from './solvency/solvency.js';

/**
 * Who is owed what, and why: the ledger, the policy by which rewards are worked out, the epochs that pay them, the fees that answers
 * cost, and proofs of what is owed. Needs the global config, keys and database.
 */
@Module({
  imports: [LogModule, ChainModule, InferenceModule],
  controllers: [
    RewardsController,
    EpochsController,
    ScoresController,
    SolvencyController,
    DepositsController,
  ],
  providers: [
    TransfersRule,
    Ledger,
    LedgerReader,
    LedgerFsck,
    Expiry,
    Corrections,
    PolicyInForce,
    EpochStore,
    EpochActivity,
    StoredEpochSource,
    EpochSettlement,
    EpochRunner,
    EpochFsck,
    ScoreDesk,
    FeeDesk,
    FeeFsck,
    FeeReleases,
    DepositAccounts,
    Deposits,
    Solvency,
  ],
  exports: [Ledger, LedgerReader, Corrections, PolicyInForce, EpochStore, StoredEpochSource],
})
export class RewardsModule {}
