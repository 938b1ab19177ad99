import { Controller, Get } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { ProblemException } from '../../common/problem.js';
import { BlockReader } from '../read/block-reader.js';

/** What names this network of chains. */
@Controller('genesis')
export class GenesisController {
  constructor(private readonly reader: BlockReader) {}

  @ApiOperation({ summary: 'The first block of chain A' })
  @Get('hash')
  async hash(): Promise<{ chain: 'A'; hash: string; timestamp: number }> {
    const first = await this.reader.first('A');
    if (first === null) throw new ProblemException(404, 'GENESIS_MISSING', 'Chain A has no block yet.');
    return { chain: 'A', hash: first.hash, timestamp: first.header.timestamp };
  }
}
