import { Body, Controller, Get, HttpCode, Post, Put, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { CodedError, unwrap } from '../../common/index.js';
import { SafetyFigures } from '../../common/autonomy/safety-figures.js';
import { GuardianTrail } from '../audit/guardian-trail.js';
import { ReleaseEvidence } from '../actions/release-evidence.js';
import { SafetyChecks } from '../safety/safety-checks.js';
import { DEFAULT_THRESHOLDS } from '../safety/thresholds.js';
import { ThresholdsDto, ValidateDto } from './dto.js';
import { LimitHistoryQuery } from './limit-history-query.js';
import { tuningView } from './views.js';

const USUAL_CHANGES = 20;

/** The limits of what moves value or changes what is served. */
@ApiTags('autonomy')
@Controller('api/guardian/monitor')
@NeedsScope('guardian')
@Roles('guardian')
export class MonitorController {
  constructor(
    private readonly checks: SafetyChecks,
    private readonly figures: SafetyFigures,
    private readonly evidence: ReleaseEvidence,
    private readonly trail: GuardianTrail,
  ) {}

  @ApiOperation({ summary: 'The limits in force, and the security score' })
  @Get('config')
  async config(): Promise<object> {
    const score = await this.figures.securityScore();
    return {
      thresholds: this.checks.thresholds,
      defaults: DEFAULT_THRESHOLDS,
      security_score: score ?? null,
    };
  }

  @ApiOperation({ summary: 'Who changed which limits when and why, newest first' })
  @Get('history')
  async history(@Query() { limit = USUAL_CHANGES }: LimitHistoryQuery): Promise<object> {
    return { items: (await this.trail.tunings(limit)).map(tuningView) };
  }

  @ApiOperation({ summary: 'Changes limits, on record' })
  @Put('config')
  async tune(
    @Body() { reason, ...changes }: ThresholdsDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const by = (request.identity ?? ANONYMOUS).subject;
    return { thresholds: unwrap(await this.checks.tune(changes, by, reason)) };
  }

  @ApiOperation({
    summary: 'Checks an amount, a release, and the security score against the limits; nothing is done',
  })
  @Post('validate')
  @HttpCode(200)
  async validate(@Body() { amount, model, version }: ValidateDto): Promise<object> {
    if ((model === undefined) !== (version === undefined)) throw incomplete();
    const measured =
      model === undefined || version === undefined
        ? null
        : unwrap(await this.evidence.measure(model, version));
    return {
      ...(await this.checks.check({
        ...(amount === undefined ? {} : { amount }),
        ...(measured === null ? {} : { release: measured.view.release }),
      })),
    };
  }
}

function incomplete(): CodedError {
  return new CodedError('RELEASE_INCOMPLETE_NAME', 'Give model and version together.', {}, 400);
}
