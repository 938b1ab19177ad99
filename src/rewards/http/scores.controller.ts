import { Body, Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { unwrap } from '../../common/index.js';
import { ScoreDesk } from '../epochs/score-desk.js';
import { ScoredReceiptParameters, ScoreCommitmentDto, ScoreOpeningDto } from './score.dto.js';

/** Scores of answers by those who asked for them; they make rewards of use greater. */
@ApiTags('rewards')
@Controller('rewards/scores')
export class ScoresController {
  constructor(private readonly desk: ScoreDesk) {}

  @ApiOperation({
    summary: 'Commits to a score of an answer of your own, which nobody sees before you reveal it',
    description: 'The commitment is the SHA-256 of canonical JSON `{receipt, salt, score}`.',
  })
  @Post(':receipt')
  @HttpCode(200)
  @Roles('user')
  @NeedsScope('inference')
  async commit(
    @Param() { receipt }: ScoredReceiptParameters,
    @Body() { commitment }: ScoreCommitmentDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return { leaf: unwrap(await this.desk.commit(receipt, accountOf(request), commitment)) };
  }

  @ApiOperation({ summary: 'Reveals a score that you committed to in an epoch before' })
  @Post(':receipt/reveal')
  @HttpCode(200)
  @Roles('user')
  @NeedsScope('inference')
  async reveal(
    @Param() { receipt }: ScoredReceiptParameters,
    @Body() { salt, score }: ScoreOpeningDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return { leaf: unwrap(await this.desk.reveal(accountOf(request), { receipt, salt, score })) };
  }
}

function accountOf(request: IdentifiedRequest): string {
  return (request.identity ?? ANONYMOUS).subject;
}
