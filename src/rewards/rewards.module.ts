import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { RewardsController } from './http/rewards.controller.js';
import { LedgerFsck } from './ledger/ledger-fsck.js';
import { Ledger } from './ledger/ledger.js';
import { Expiry } from './ledger/expiry.js';
import { LedgerReader } from './ledger/ledger-reader.js';
import { TransfersRule } from './ledger/transfers-rule.js';
import { PolicyInForce } from './policy/policy-in-force.js';

/** Who is owed what, and why: the ledger, and the policy by which rewards are worked out. Needs the global config, keys and database. */
@Module({
  imports: [ChainModule],
  controllers: [RewardsController],
  providers: [TransfersRule, Ledger, LedgerReader, LedgerFsck, Expiry, PolicyInForce],
  exports: [Ledger, LedgerReader, PolicyInForce],
})
export class RewardsModule {}
