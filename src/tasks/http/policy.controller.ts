import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope, Roles } from '../../auth/index.js';
import { SameAnswers } from '../../common/answer-text.js';
import { unwrap } from '../../common/index.js';
import { PolicyBook } from '../policy/policy-book.js';
import { PolicyReplay } from '../policy/policy-replay.js';
import { ruleFor } from '../policy/policy-verdict.js';
import { StepRegistry } from '../steps/step-registry.js';
import { PolicyQuery, PolicyReplayDto } from './dto.js';

const USUAL_LAST = 100;
/** Actions whose answers are remembered. */
const MOST_ANSWERS = 64;

/** The policies in force, and what others would have said. */
@ApiTags('tasks')
@Controller('policy')
@NeedsScope('tasks')
export class PolicyController {
  private readonly answers = new SameAnswers(MOST_ANSWERS);

  constructor(
    private readonly book: PolicyBook,
    private readonly replays: PolicyReplay,
    private readonly registry: StepRegistry,
  ) {}

  @ApiOperation({ summary: 'The rules in force, or the one that decides about an action' })
  @Get()
  @Roles('user', 'guardian')
  show(@Query() { action_type: action }: PolicyQuery): object {
    const { current, problem } = this.book;
    const startable = this.registry.all.filter(({ startable }) => startable);
    const available = startable.map(({ unavailable }) => (unavailable?.() ?? null) === null);
    return this.answers.of(action ?? '', [current, problem, ...available], () => {
      const { policies, hash } = current;
      const rules =
        action === undefined ? policies : [ruleFor(policies, action)].filter((rule) => rule !== null);
      return {
        version: hash,
        rules,
        problem: problem === null ? null : { code: problem.code, detail: problem.message },
        task_types: startable.map(({ type, summary, risk }, i) => ({
          type,
          summary,
          risk,
          available: available[i],
        })),
      };
    });
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
