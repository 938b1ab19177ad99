import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CodedError } from '../../common/index.js';
import { correctable } from '../corrections/correction.js';
import { unknownTransfer } from '../corrections/corrections.js';
import { LedgerReader } from '../ledger/ledger-reader.js';
import type { StoredAccount } from '../ledger/read-tables.js';
import { PolicyInForce } from '../policy/policy-in-force.js';
import { LedgerAccountParameters, LedgerTransferParameters, StatementQuery } from './dto.js';
import { accountView, lineView, policyView } from './views.js';

const USUAL_PAGE = 50;

/** Who is owed what. Everybody may look: chain C tells it all anyway. */
@ApiTags('rewards')
@Controller('rewards')
export class RewardsController {
  constructor(
    private readonly ledger: LedgerReader,
    private readonly policy: PolicyInForce,
  ) {}

  @ApiOperation({ summary: 'What an account of the ledger holds, in units (1 BLY = 1,000,000,000 units)' })
  @Get('balance/:account')
  async balance(@Param() { account }: LedgerAccountParameters): Promise<object> {
    return accountView(await this.find(account));
  }

  @ApiOperation({
    summary:
      'Transfers from and to an account, newest first, each with the block of chain C that tells of it',
  })
  @Get('statement/:account')
  async statement(
    @Param() { account }: LedgerAccountParameters,
    @Query() { limit = USUAL_PAGE, cursor }: StatementQuery,
  ): Promise<object> {
    const before = cursor === undefined ? undefined : Number(cursor);
    const lines = await this.ledger.statement(await this.find(account), limit + 1, before);
    const page = lines.slice(0, limit);
    const next = lines.length > limit ? String(page[page.length - 1].sequence) : null;
    return { items: page.map(lineView), next_cursor: next };
  }

  @ApiOperation({
    summary:
      'A transfer, how much of it was given back by corrections, and how much still can be (`correctable`)',
    description:
      'A mistake is put right by a task `compensate_transfer` (`POST /task/start`), which a guardian has to approve.',
  })
  @Get('transfers/:transfer')
  async transfer(@Param() { transfer }: LedgerTransferParameters): Promise<object> {
    const line = await this.ledger.transfer(transfer);
    if (line === null) throw unknownTransfer(transfer);
    return { ...lineView(line), correctable: String(correctable(line)) };
  }

  @ApiOperation({ summary: 'How rewards are worked out; amounts in units, factors in millionths' })
  @Get('policy')
  policyInForce(): unknown {
    return policyView(this.policy.current);
  }

  private async find(id: string): Promise<StoredAccount> {
    const account = await this.ledger.account(id);
    if (account !== null) return account;
    throw new CodedError(
      'LEDGER_ACCOUNT_NOT_FOUND',
      `The ledger has no account ${id}.`,
      { account: id },
      404,
    );
  }
}
