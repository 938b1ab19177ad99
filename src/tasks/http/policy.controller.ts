import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope, Roles } from '../../auth/index.js';
import { unwrap } from '../../common/index.js';
import { PolicyBook } from '../policy/policy-book.js';
import { PolicyReplay } from '../policy/policy-replay.js';
import { ruleFor } from '../policy/policy-verdict.js';
import { StepRegistry } from '../steps/step-registry.js';
import { PolicyQuery, PolicyReplayDto } from './dto.js';

const USUAL_LAST = 100;

/** The policies in force, and what others would have said. */
@ApiTags('tasks')
@Controller('policy')
@NeedsScope('tasks')
export class PolicyController {
  constructor(
    private readonly book: PolicyBook,
    private readonly replays: PolicyReplay,
    private readonly registry: StepRegistry,
  ) {}

  @ApiOperation({ summary: 'The rules in force, or the one that decides about an action' })
  @Get()
  @Roles('user', 'guardian')
  show(@Query() { action_type: action }: PolicyQuery): object {
    const { policies, hash } = this.book.current;
    const { problem } = this.book;
    const rules =
      action === undefined ? policies : [ruleFor(policies, action)].filter((rule) => rule !== null);
    return {
      version: hash,
      rules,
      problem: problem === null ? null : { code: problem.code, detail: problem.message },
      task_types: this.registry.all
        .filter(({ startable }) => startable)
        .map(({ type, summary, risk, unavailable }) => ({
          ...{ type, summary, risk, available: (unavailable?.() ?? null) === null },
        })),
    };
  }

  @ApiOperation({ summary: 'What rules would have done to the last tasks; nothing is changed' })
  @Post('replay')
  @NeedsScope('guardian')
  @HttpCode(200)
  @Roles('guardian')
  async replay(@Body() { policy, last = USUAL_LAST }: PolicyReplayDto): Promise<object> {
    const items = unwrap(await this.replays.replay(policy, last));
    return { asked: items.length, differing: items.filter(({ differs }) => differs).length, items };
  }
}
