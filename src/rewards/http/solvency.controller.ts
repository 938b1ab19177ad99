import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { unwrap } from '../../common/index.js';
import type { SolvencyProof } from '../solvency/solvency-proof.js';
import { Solvency } from '../solvency/solvency.js';
import { LedgerAccountParameters } from './dto.js';

/** Proofs that what accounts hold is part of what was issued. */
@ApiTags('rewards')
@Controller('rewards/solvency')
export class SolvencyController {
  constructor(private readonly solvency: Solvency) {}

  @ApiOperation({
    summary:
      'The root of the Merkle sum tree over all balances, what they come to, and what was ever issued; in units',
  })
  @Get()
  async totals(): Promise<object> {
    const { sum, issued, ...others } = unwrap(await this.solvency.totals());
    return { ...others, sum: String(sum), issued: String(issued) };
  }

  @ApiOperation({ summary: 'The proof that the balance of an account is part of that sum' })
  @Get(':account')
  async proof(@Param() { account }: LedgerAccountParameters): Promise<SolvencyProof> {
    return unwrap(await this.solvency.proof(account));
  }
}
