import { Body, Controller, Get, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope, Roles, type IdentifiedRequest, type Identity } from '../../auth/index.js';
import { CodedError, unwrap } from '../../common/index.js';
import { PlanService, type StoredPlan } from '../plan/plan-service.js';
import { maySeeTask, TaskService } from '../task-service.js';
import { PlanExecutionDto, PlanParameters, PlanRequestDto } from './dto.js';
import { planView, taskView } from './views.js';
import { whoOf } from './who.js';

/** Plans: what a task would do, before anything is done. */
@ApiTags('tasks')
@Controller('plan')
@NeedsScope('tasks')
export class PlansController {
  constructor(
    private readonly plans: PlanService,
    private readonly tasks: TaskService,
  ) {}

  @ApiOperation({ summary: 'Plans a task: action, risk, verdict of the policies, steps; nothing is done' })
  @Post('create')
  @Roles('user', 'guardian')
  async create(@Body() body: PlanRequestDto, @Req() request: IdentifiedRequest): Promise<object> {
    return planView(unwrap(await this.plans.create(body.task_type, body.parameters ?? {}, whoOf(request))));
  }

  @ApiOperation({ summary: 'Begins to do a plan of the caller' })
  @Post('execute')
  @Roles('user', 'guardian')
  async execute(@Body() body: PlanExecutionDto, @Req() request: IdentifiedRequest): Promise<object> {
    const who = whoOf(request);
    const plan = await this.visible(body.plan_id, who);
    const description = body.description ?? '';
    return taskView(unwrap(await this.tasks.start(plan, { description, key: null }, who)));
  }

  @ApiOperation({ summary: 'A plan with its steps and its hash' })
  @Get(':id')
  @Roles('user', 'guardian')
  async one(@Param() { id }: PlanParameters, @Req() request: IdentifiedRequest): Promise<object> {
    return planView(await this.visible(id, whoOf(request)));
  }

  private async visible(id: string, who: Identity): Promise<StoredPlan> {
    const plan = unwrap(await this.plans.find(id));
    if (maySeeTask(who, plan)) return plan;
    throw new CodedError('PLAN_NOT_FOUND', `There is no plan ${id}.`, { plan: id }, 404);
  }
}
