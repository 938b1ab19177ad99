import { Body, Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest, type Identity } from '../../auth/index.js';
import { unwrap } from '../../common/index.js';
import { DatasetDecisions } from '../decisions/dataset-decisions.js';
import { AppealAnswerDto, DatasetParameters, DatasetReasonDto } from './dto.js';
import { recordView } from './views.js';

/** What people decide of single datasets. */
@ApiTags('datasets')
@Controller('datasets/:id')
export class DatasetDecisionsController {
  constructor(private readonly decisions: DatasetDecisions) {}

  @ApiOperation({
    summary: 'Objects to the rejection of one’s own dataset, once, while the time to do so runs',
  })
  @Post('appeal')
  @HttpCode(200)
  @Roles('user')
  @NeedsScope('chain:write')
  async appeal(
    @Param() { id }: DatasetParameters,
    @Body() { reason }: DatasetReasonDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return recordView(unwrap(await this.decisions.appeal(whoOf(request), id, reason)));
  }

  @ApiOperation({ summary: 'Answers an appeal: granted, the dataset is voted on; denied, it stays rejected' })
  @Post('appeal/answer')
  @HttpCode(200)
  @Roles('guardian')
  @NeedsScope('guardian')
  async answer(
    @Param() { id }: DatasetParameters,
    @Body() { granted, reason }: AppealAnswerDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return recordView(unwrap(await this.decisions.answerAppeal(whoOf(request), id, { granted, reason })));
  }

  @ApiOperation({ summary: 'Takes a dataset out of use' })
  @Post('quarantine')
  @HttpCode(200)
  @Roles('guardian')
  @NeedsScope('guardian')
  async quarantine(
    @Param() { id }: DatasetParameters,
    @Body() { reason }: DatasetReasonDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return recordView(unwrap(await this.decisions.quarantine(whoOf(request), id, reason)));
  }

  @ApiOperation({
    summary: 'Ends a quarantine: the dataset has its tier again, or is voted on if it had none',
  })
  @Post('release')
  @HttpCode(200)
  @Roles('guardian')
  @NeedsScope('guardian')
  async release(
    @Param() { id }: DatasetParameters,
    @Body() { reason }: DatasetReasonDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return recordView(unwrap(await this.decisions.release(whoOf(request), id, reason)));
  }

  @ApiOperation({
    summary: 'Takes a dataset back for good, and lists what was trained on it',
    description:
      'By whoever uploaded it, or a guardian. Its file is removed; chain D goes on naming its hash.',
  })
  @Post('withdraw')
  @HttpCode(200)
  @Roles('user', 'guardian')
  @NeedsScope('chain:write')
  async withdraw(
    @Param() { id }: DatasetParameters,
    @Body() { reason }: DatasetReasonDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const { record, lineage } = unwrap(await this.decisions.withdraw(whoOf(request), id, reason));
    return { ...recordView(record), lineage };
  }
}

function whoOf(request: IdentifiedRequest): Identity {
  return request.identity ?? ANONYMOUS;
}
