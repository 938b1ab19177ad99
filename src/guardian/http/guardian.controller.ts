import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, OwnLimit, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { CodedError, unwrap } from '../../common/index.js';
import type { ActionParameters } from '../actions/decision-action.js';
import { EscalationService } from '../process/escalation-service.js';
import { OneCommandRollback } from '../process/one-command-rollback.js';
import { OverrideService } from '../process/override-service.js';
import { EmergencyStop } from '../stop/emergency-stop.js';
import { DecisionStore } from '../store/decision-store.js';
import { GuardianDashboard } from './guardian-dashboard.js';
import {
  ApproveDto,
  EscalationParameters,
  EscalationsQuery,
  OverrideDto,
  ReasonDto,
  RollbackDto,
  StopDto,
} from './dto.js';
import { decisionView, escalationView, underWayView } from './views.js';

const USUAL_PAGE = 50;
/** Stops of one account. Its other calls do not count, so that a busy guardian can always stop. */
const STOPS_PER_MINUTE = 60;

/** What guardians see and do. */
@ApiTags('autonomy')
@Controller('api/guardian')
@NeedsScope('guardian')
@Roles('guardian')
export class GuardianController {
  constructor(
    private readonly view: GuardianDashboard,
    private readonly store: DecisionStore,
    private readonly escalations: EscalationService,
    private readonly overrides: OverrideService,
    private readonly emergency: EmergencyStop,
    private readonly backwards: OneCommandRollback,
  ) {}

  @ApiOperation({ summary: 'Everything a guardian needs at a glance' })
  @Get('dashboard')
  dashboard(): Promise<object> {
    return this.view.read();
  }

  @ApiOperation({ summary: 'Questions to guardians, newest first, each with all that is needed to answer' })
  @Get('escalations')
  async list(@Query() { state, cursor, limit = USUAL_PAGE }: EscalationsQuery): Promise<object> {
    const found = await this.store.escalations({
      limit: limit + 1,
      ...(state === undefined ? {} : { state }),
      ...(cursor === undefined ? {} : { before: cursor }),
    });
    const page = found.slice(0, limit);
    return {
      items: page.map(([escalation, decision]) => escalationView(escalation, decision)),
      next_cursor: found.length > limit ? page[page.length - 1][0].position : null,
    };
  }

  @ApiOperation({
    summary: 'Approves what is asked, or with `parameters` something else of the same kind; it is then done',
  })
  @Post('escalations/:id/approve')
  @HttpCode(200)
  async approve(
    @Param() { id }: EscalationParameters,
    @Body() { reason, parameters, action }: ApproveDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const amended = (parameters as ActionParameters | undefined) ?? null;
    const answer = { approved: true, reason, amended, ...(action === undefined ? {} : { instead: action }) };
    return decisionView(unwrap(await this.escalations.answer(id, answer, subjectOf(request))));
  }

  @ApiOperation({ summary: 'Rejects what is asked; nothing is done' })
  @Post('escalations/:id/reject')
  @HttpCode(200)
  async reject(
    @Param() { id }: EscalationParameters,
    @Body() { reason }: ReasonDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const answer = { approved: false, reason, amended: null };
    return decisionView(unwrap(await this.escalations.answer(id, answer, subjectOf(request))));
  }

  @ApiOperation({ summary: 'Overrides a decision, or orders an action that nobody asked for' })
  @Post('override')
  @HttpCode(200)
  async override(@Body() body: OverrideDto, @Req() request: IdentifiedRequest): Promise<object> {
    const by = subjectOf(request);
    const { decision_id: id, outcome, action, reason } = body;
    if ((id === undefined) === (action === undefined) || (id === undefined) !== (outcome === undefined))
      throw eitherOr();
    if (id !== undefined && outcome !== undefined)
      return decisionView(unwrap(await this.overrides.override(id, outcome, by, reason)));
    const parameters = (body.parameters ?? {}) as ActionParameters;
    const key = body.idempotency_key ?? null;
    return decisionView(unwrap(await this.overrides.order(String(action), parameters, { by, reason, key })));
  }

  @ApiOperation({
    summary:
      'Stops all automatic action in every replica; with `inference` answers, too. `under_way`: what had begun',
  })
  @Post('emergency-stop')
  @HttpCode(200)
  @OwnLimit('emergency-stop', STOPS_PER_MINUTE)
  async stop(
    @Body() { reason, inference = false }: StopDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const stopped = await this.emergency.stop(subjectOf(request), reason, inference);
    // It stands, whether or not this can be said.
    const left = await this.store.underWay().catch(() => null);
    return { ...stopped, under_way: left?.map(underWayView) ?? null };
  }

  @ApiOperation({ summary: 'Lets automatic action and answers go on' })
  @Post('resume')
  @HttpCode(200)
  async resume(@Body() { reason }: ReasonDto, @Req() request: IdentifiedRequest): Promise<object> {
    return { ...(await this.emergency.resume(subjectOf(request), reason)) };
  }

  @ApiOperation({ summary: 'Goes back to the release and the settings of before' })
  @Post('rollback')
  @HttpCode(200)
  async rollback(@Body() { model, reason }: RollbackDto, @Req() request: IdentifiedRequest): Promise<object> {
    const done = unwrap(await this.backwards.run(model ?? null, subjectOf(request), reason));
    return { decisions: done.map(decisionView) };
  }

  @ApiOperation({ summary: 'Whether automatic action, or inference, is stopped; for everybody' })
  @Get('state')
  @Roles('public')
  @NeedsScope('read')
  state(): object {
    const { stopped, inference, at } = this.emergency.state;
    return { stopped, inference, at };
  }
}

function subjectOf(request: IdentifiedRequest): string {
  return (request.identity ?? ANONYMOUS).subject;
}

function eitherOr(): CodedError {
  const detail = 'Give decision_id with outcome, or action with parameters.';
  return new CodedError('OVERRIDE_INCOMPLETE', detail, {}, 400);
}
