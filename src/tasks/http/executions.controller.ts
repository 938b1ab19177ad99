import { Body, Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { setTimeout as delay } from 'node:timers/promises';
import { NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { CodedError, unwrap } from '../../common/index.js';
import { PlanService } from '../plan/plan-service.js';
import { TASK_STATES } from '../states.js';
import { TaskStore } from '../store/task-store.js';
import { TaskService } from '../task-service.js';
import { ExecutionDto, ExecutionParameters } from './dto.js';
import { stepView } from './views.js';
import { whoOf } from './who.js';

/** How long `POST /execute` waits for its step, ms; what takes longer is answered as it stands. */
const WAIT_MS = 10_000;
const LOOK_EVERY_MS = 50;

/** Single steps, and how they fared. */
@ApiTags('tasks')
@Controller()
@NeedsScope('tasks')
export class ExecutionsController {
  constructor(
    private readonly tasks: TaskService,
    private readonly plans: PlanService,
    private readonly store: TaskStore,
  ) {}

  @ApiOperation({ summary: 'Does one step, once per key, and waits for it up to ten seconds' })
  @Post('execute')
  @HttpCode(200)
  @Roles('user', 'guardian')
  async execute(@Body() body: ExecutionDto, @Req() request: IdentifiedRequest): Promise<object> {
    const who = whoOf(request);
    const plan = unwrap(await this.plans.create(body.step_type, body.parameters ?? {}, who));
    const { id } = unwrap(await this.tasks.start(plan, { description: '', key: body.key }, who));
    for (const end = performance.now() + WAIT_MS; performance.now() < end; await delay(LOOK_EVERY_MS)) {
      const { state } = unwrap(await this.store.task(id));
      if (TASK_STATES.isFinal(state) || state === 'waiting_approval') break;
    }
    const last = (await this.store.steps(id)).length - 1;
    return this.view(id, last);
  }

  @ApiOperation({ summary: 'How a step of a task fared' })
  @Get('execution/:task_id/:step_id')
  @Roles('user', 'guardian')
  async one(
    @Param() { task_id: id, step_id: step }: ExecutionParameters,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    unwrap(await this.tasks.visible(id, whoOf(request)));
    return this.view(id, Number(step));
  }

  private async view(id: string, index: number): Promise<object> {
    const [steps, approvals] = await Promise.all([this.store.steps(id), this.store.approvals(id)]);
    const step = steps.at(index);
    if (step === undefined)
      throw new CodedError(
        'STEP_NOT_FOUND',
        `The task has no step ${index}.`,
        { task: id, step: index },
        404,
      );
    return {
      task_id: id,
      ...stepView(
        step,
        approvals.find((each) => each.step === index),
      ),
    };
  }
}
