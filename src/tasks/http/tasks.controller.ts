import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope, mayAct, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { unwrap } from '../../common/index.js';
import { ApprovalService } from '../approval/approval-service.js';
import { PlanService } from '../plan/plan-service.js';
import { TaskStore } from '../store/task-store.js';
import { TaskService } from '../task-service.js';
import { ApprovalDto, CancelDto, TaskParameters, TaskRequestDto, TasksQuery } from './dto.js';
import { stepView, taskView } from './views.js';
import { whoOf } from './who.js';

const USUAL_PAGE = 50;

/** Tasks: asked for, watched, approved, cancelled. */
@ApiTags('tasks')
@Controller()
@NeedsScope('tasks')
export class TasksController {
  constructor(
    private readonly tasks: TaskService,
    private readonly plans: PlanService,
    private readonly store: TaskStore,
    private readonly approvals: ApprovalService,
  ) {}

  @ApiOperation({ summary: 'Plans a task and begins to do it; what the policies deny becomes `rejected`' })
  @Post('task/start')
  @Roles('user', 'guardian')
  async start(@Body() body: TaskRequestDto, @Req() request: IdentifiedRequest): Promise<object> {
    const who = whoOf(request);
    const plan = unwrap(await this.plans.create(body.task_type, body.parameters ?? {}, who));
    const description = body.description ?? '';
    return taskView(unwrap(await this.tasks.start(plan, { description, key: null }, who)));
  }

  @ApiOperation({ summary: 'Tasks of the caller, newest first; guardians and admins see all' })
  @Get('tasks')
  @Roles('user', 'guardian')
  async list(@Query() query: TasksQuery, @Req() request: IdentifiedRequest): Promise<object> {
    const who = whoOf(request);
    const limit = query.limit ?? USUAL_PAGE;
    const found = await this.store.list({
      limit: limit + 1,
      ...(query.state === undefined ? {} : { state: query.state }),
      ...(query.task_type === undefined ? {} : { taskType: query.task_type }),
      ...(query.cursor === undefined ? {} : { before: query.cursor }),
      ...(mayAct(who, ['guardian']) ? {} : { owner: who.subject }),
    });
    const page = found.slice(0, limit);
    return {
      items: page.map(taskView),
      next_cursor: found.length > limit ? page[page.length - 1].position : null,
    };
  }

  @ApiOperation({ summary: 'A task with its steps and their approvals' })
  @Get('task/:id')
  @Roles('user', 'guardian')
  async one(@Param() { id }: TaskParameters, @Req() request: IdentifiedRequest): Promise<object> {
    const task = unwrap(await this.tasks.visible(id, whoOf(request)));
    const [steps, approvals] = await Promise.all([this.store.steps(id), this.store.approvals(id)]);
    const approvalOf = (index: number) => approvals.find(({ step }) => step === index);
    return { ...taskView(task), steps: steps.map((step) => stepView(step, approvalOf(step.index))) };
  }

  @ApiOperation({ summary: 'Only the state of a task and of the step it is at' })
  @Get('task/:id/status')
  @Roles('user', 'guardian')
  async status(@Param() { id }: TaskParameters, @Req() request: IdentifiedRequest): Promise<object> {
    const task = unwrap(await this.tasks.visible(id, whoOf(request)));
    const steps = await this.store.steps(id);
    const done = steps.filter(({ state }) => state === 'completed').length;
    const at = steps.find(({ state }) => !['completed', 'skipped'].includes(state));
    const step = at === undefined ? null : { step_id: String(at.index), type: at.type, state: at.state };
    const { state, code, reason, updatedAt: updated_at } = task;
    return { task_id: id, state, code, reason, updated_at, steps: steps.length, done, step };
  }

  @ApiOperation({ summary: 'Approves or rejects the step that waits; the first answer counts' })
  @Post('task/:id/approve')
  @NeedsScope('guardian')
  @HttpCode(200)
  @Roles('guardian')
  async approve(
    @Param() { id }: TaskParameters,
    @Body() body: ApprovalDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const step = body.step_id === undefined ? null : Number(body.step_id);
    const { approved, reason, plan_hash: planHash = null } = body;
    return taskView(
      unwrap(await this.approvals.answer(id, { approved, reason, step, planHash }, whoOf(request))),
    );
  }

  @ApiOperation({ summary: 'Ends a task; what has not run will not' })
  @Post('task/:id/cancel')
  @HttpCode(200)
  @Roles('user', 'guardian')
  async cancel(
    @Param() { id }: TaskParameters,
    @Body() { reason = '' }: CancelDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    return taskView(unwrap(await this.tasks.cancel(id, whoOf(request), reason)));
  }
}
