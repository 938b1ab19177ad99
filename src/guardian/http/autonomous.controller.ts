import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { CodedError, unwrap } from '../../common/index.js';
import type { Features } from '../../decision/index.js';
import type { ActionParameters } from '../actions/decision-action.js';
import { DecisionMetrics } from '../process/decision-metrics.js';
import { DecisionService } from '../process/decision-service.js';
import { DecisionStore } from '../store/decision-store.js';
import { DecisionParameters, DecisionRequestDto, DecisionsQuery } from './dto.js';
import { decisionView, escalationView, forecastView } from './views.js';

const USUAL_PAGE = 50;

/** Decisions of the server: asked for, foreseen, looked at. */
@ApiTags('autonomy')
@Controller('api/autonomous')
@NeedsScope('guardian')
@Roles('guardian')
export class AutonomousController {
  constructor(
    private readonly decisions: DecisionService,
    private readonly store: DecisionStore,
    private readonly metrics: DecisionMetrics,
  ) {}

  @ApiOperation({
    summary: 'Asks for an action; it is taken, or a guardian is asked. `dry_run` says what would happen',
  })
  @Post('decision')
  @HttpCode(200)
  async decide(@Body() body: DecisionRequestDto, @Req() request: IdentifiedRequest): Promise<object> {
    const askedBy = (request.identity ?? ANONYMOUS).subject;
    const ask = {
      ...{ type: body.type, action: body.action, parameters: (body.parameters ?? {}) as ActionParameters },
      ...{ idempotencyKey: body.idempotency_key ?? null, emergency: body.emergency === true },
      ...{ askedBy, why: body.reason ?? '', said: body.reason },
      ...(body.type === 'guardian_override' ? { orderedBy: askedBy } : {}),
    };
    const features = body.features as Features | undefined;
    if (body.dry_run === true) return forecastView(unwrap(await this.decisions.forecast(ask, features)));
    if (features !== undefined) throw measured();
    return decisionView(unwrap(await this.decisions.request(ask)));
  }

  @ApiOperation({ summary: 'Decisions, newest first' })
  @Get('decisions')
  async list(@Query() { type, state, cursor, limit = USUAL_PAGE }: DecisionsQuery): Promise<object> {
    const found = await this.store.list({
      limit: limit + 1,
      ...(type === undefined ? {} : { type }),
      ...(state === undefined ? {} : { state }),
      ...(cursor === undefined ? {} : { before: cursor }),
    });
    const page = found.slice(0, limit);
    return {
      items: page.map(decisionView),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  @ApiOperation({ summary: 'A decision, with the question to the guardians if there was one' })
  @Get('decisions/:id')
  async one(@Param() { id }: DecisionParameters): Promise<object> {
    const row = unwrap(await this.store.decision(id));
    const escalation = await this.store.escalationOf(id);
    return {
      ...decisionView(row),
      escalation: escalation === null ? null : { ...escalationView(escalation, row), decision: undefined },
    };
  }

  @ApiOperation({ summary: 'How well the server judges itself: reliability curve, Brier score, ECE, regret' })
  @Get('metrics')
  async figures(): Promise<object> {
    const { reliability, types, ...rest } = await this.metrics.figures();
    return { ...rest, reliability, types };
  }
}

function measured(): CodedError {
  const detail = 'Features are measured by the action itself; they can be assumed only with dry_run.';
  return new CodedError('FEATURES_MEASURED', detail, {}, 400);
}
