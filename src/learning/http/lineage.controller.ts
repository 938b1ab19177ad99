import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { unwrap } from '../../common/index.js';
import { ExpertLineages, type Lineage } from '../lineage/expert-lineages.js';
import { ExpertLineageParameters, LearningPageQuery, LineageParameters } from './dto.js';

const USUAL_PAGE = 50;

/** Which experts descend from which. Everybody may look: chain D tells it all anyway. */
@ApiTags('learning')
@Controller('learning/lineage')
export class LineageController {
  constructor(private readonly lineages: ExpertLineages) {}

  @ApiOperation({
    summary:
      'The family tree of the experts of a model, newest first: which block descends from which, by whom, of what data, with what gain, in which release',
  })
  @Get(':model')
  model(@Param() { model }: LineageParameters, @Query() query: LearningPageQuery): Promise<Lineage> {
    return this.page(model, query);
  }

  @ApiOperation({ summary: 'The family tree of one expert, newest first' })
  @Get(':model/:expert')
  expert(
    @Param() { model, expert }: ExpertLineageParameters,
    @Query() query: LearningPageQuery,
  ): Promise<Lineage> {
    return this.page(model, query, expert);
  }

  private async page(
    model: string,
    { limit = USUAL_PAGE, cursor }: LearningPageQuery,
    expert?: string,
  ): Promise<Lineage> {
    const wanted = {
      ...(cursor !== undefined && { before: cursor }),
      ...(expert !== undefined && { expert }),
    };
    return unwrap(await this.lineages.of({ model, limit, ...wanted }));
  }
}
