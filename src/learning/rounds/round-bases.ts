import { Injectable } from '@nestjs/common';
import { BlockReader } from '../../chain/index.js';
import type { Result } from '../../common/index.js';
import { ParameterIndex } from '../../experts/index.js';
import { StoredBlockAccess } from '../source/stored-block-access.js';
import { readRoundBase, type RoundBase } from './round-base.js';
import type { RoundTerms } from './terms.js';

/** Reads what rounds begin with from this node's own blocks. */
@Injectable()
export class RoundBases {
  private readonly access: StoredBlockAccess;

  constructor(index: ParameterIndex, reader: BlockReader) {
    this.access = new StoredBlockAccess(index, reader);
  }

  /** The experts of a round; refusals as `readRoundBase`. */
  of(terms: RoundTerms): Promise<Result<RoundBase>> {
    return readRoundBase(this.access, terms);
  }
}
