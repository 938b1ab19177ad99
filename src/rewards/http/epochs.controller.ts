import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CodedError } from '../../common/index.js';
import { LogReader } from '../../log/index.js';
import { EpochStore } from '../epochs/epoch-store.js';
import { EPOCH_ENTRY, epochSubject } from '../epochs/leaf-kinds.js';
import { EpochParameters, EpochsQuery } from './dto.js';

const USUAL_PAGE = 50;

/** Who was paid what and when. Everybody may look, and work it out again. */
@ApiTags('rewards')
@Controller('rewards/epochs')
export class EpochsController {
  constructor(
    private readonly store: EpochStore,
    private readonly log: LogReader,
  ) {}

  @ApiOperation({ summary: 'Epochs of rewards, newest first; amounts in units' })
  @Get()
  async list(@Query() { limit = USUAL_PAGE, cursor }: EpochsQuery): Promise<object> {
    const found = await this.store.list(limit + 1, cursor === undefined ? undefined : Number(cursor));
    const page = found.slice(0, limit);
    const next = found.length > limit ? String(page[page.length - 1].epoch) : null;
    return {
      items: page.map(({ epoch, hash, logIndex, summary }) => ({
        epoch,
        hash,
        log_index: logIndex,
        ...summary,
      })),
      next_cursor: next,
    };
  }

  @ApiOperation({
    summary:
      'An epoch: which leaves of the log it covers, who earned what for what, who was paid, and what it hands on',
  })
  @Get(':epoch')
  async one(@Param() { epoch }: EpochParameters): Promise<object> {
    const found = await this.store.find(epoch);
    if (found === null)
      throw new CodedError('EPOCH_NOT_FOUND', `There is no epoch ${epoch} of rewards.`, { epoch }, 404);
    const logIndex = await this.log.indexOf(epochSubject(epoch), EPOCH_ENTRY);
    return { ...found, log_index: logIndex };
  }
}
