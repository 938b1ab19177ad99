import { Body, Controller, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { CodedError, unwrap } from '../../common/index.js';
import { OpeningDesk, type OpeningState } from '../submission/opening-desk.js';
import { OpeningQuery, SubmissionParameters } from './dto.js';

/** Drawn updates of trainings, shown by those who made them. */
@ApiTags('learning')
@Controller('learning')
export class OpeningsController {
  constructor(private readonly desk: OpeningDesk) {}

  @ApiOperation({
    summary: 'The next chunk of the opening of a training, as `application/octet-stream`',
    description:
      'While a submission is `waiting_opening`, its contributor shows the drawn updates, in chunks of at most 16 MiB. With the last one the replay begins by itself. What is shown is deleted once it has been judged.',
  })
  @Post('submissions/:id/openings')
  @Roles('contributor', 'node')
  @NeedsScope('chain:write')
  @HttpCode(200)
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  async chunk(
    @Param() { id }: SubmissionParameters,
    @Query() { offset, size }: OpeningQuery,
    @Body() body: unknown,
    @Req() request: IdentifiedRequest,
  ): Promise<OpeningState> {
    if (!isStream(body))
      throw new CodedError('UPLOAD_MEDIA_TYPE', 'chunks are application/octet-stream', {}, 415);
    const { subject } = request.identity ?? ANONYMOUS;
    return unwrap(await this.desk.append(subject, id, { offset, size, bytes: body }));
  }
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
