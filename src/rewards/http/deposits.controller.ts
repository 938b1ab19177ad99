import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { unwrap } from '../../common/index.js';
import { DepositAccounts } from '../fees/deposit-accounts.js';
import { Deposits, type MadeDeposit } from '../fees/deposits.js';
import { DepositDto } from './deposit.dto.js';

/** What keys have earned, as money that pays for answers. */
@ApiTags('rewards')
@Controller('rewards/deposits')
export class DepositsController {
  constructor(
    private readonly deposits: Deposits,
    private readonly accounts: DepositAccounts,
  ) {}

  @ApiOperation({
    summary: 'Moves what a key has earned to your account, which pays for answers',
    description:
      'The key signs canonical JSON `{account, amount, format: "stemma.deposit.v1", key, log, nonce}`: `account` as the ledger names it (`account:<id>`), `log` as `GET /log/key` has it.',
  })
  @Post()
  @HttpCode(200)
  @Roles('user')
  @NeedsScope('chain:write')
  async deposit(
    @Body() { account, ...wish }: DepositDto,
    @Req() { identity = ANONYMOUS }: IdentifiedRequest,
  ): Promise<MadeDeposit> {
    const charged = unwrap(await this.accounts.chargedFor(identity, account));
    return unwrap(await this.deposits.deposit(charged, wish));
  }
}
