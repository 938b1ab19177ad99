import { ArrayMaxSize, ArrayMinSize, IsArray, IsOptional, IsString, Length, Matches } from 'class-validator';
import { LearningPageQuery } from '../../http/dto.js';

const MODEL = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const EXPERT = /^layer(0|[1-9]\d{0,4})\.expert(0|[1-9]\d{0,4})$/;
/** Experts that one removal may name. */
const MOST_EXPERTS = 64;

/** Body of `POST /experts/opt-out`. */
export class RemovalDto {
  /** The live release of this model is meant. */
  @Matches(MODEL, { message: 'model must be the bare name of a model' })
  model!: string;

  /** Names such as `layer3.expert5`. */
  @Matches(EXPERT, { each: true, message: 'experts must be names such as layer3.expert5' })
  @ArrayMaxSize(MOST_EXPERTS)
  @ArrayMinSize(1)
  @IsArray()
  experts!: string[];

  /** Why; everybody can read it. */
  @Matches(/^[^\p{Cc}]*\S[^\p{Cc}]*$/u, { message: 'reason must be one line that says something' })
  @Length(1, 500)
  @IsString()
  reason!: string;
}

/** `:id` of a removal. */
export class RemovalParameters {
  @Matches(/^removal_[0-9a-f]{32}$/, { message: 'id must be removal_ and 32 lower-case hex digits' })
  id!: string;
}

/** Query of `GET /experts/opt-out`. */
export class RemovalsQuery extends LearningPageQuery {
  @IsOptional()
  @Matches(MODEL)
  model?: string;
}
