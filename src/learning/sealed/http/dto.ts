import { IsObject, IsOptional, Matches } from 'class-validator';
import type { Json } from '../../../common/index.js';
import { LearningPageQuery } from '../../http/dto.js';

const MODEL = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Body of `POST /api/learning/sealed-sets`. */
export class SealedSetDto {
  /** `{version, model, root, domains, draws, context}` (docs/formats/sealed-set.md). */
  @IsObject()
  commitment!: { [key: string]: Json };
}

/** Query of `GET /api/learning/sealed-sets`. */
export class SealedSetsQuery extends LearningPageQuery {
  @IsOptional()
  @Matches(MODEL)
  model?: string;
}

/** `:subject` of evidence. */
export class SealedSubjectParameters {
  @Matches(/^(submission|removal)_[0-9a-f]{32}$/, {
    message: 'subject must be the id of a submission or of a removal',
  })
  subject!: string;
}
