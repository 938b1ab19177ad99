import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { err, ok, CodedError, type Result } from '../../common/index.js';
import { OPERATORS } from '../dispute/referee/operators.js';
import type { OperatorName } from '../dispute/place.js';
import type { TestimonyQuestion } from './question.js';

const SUBJECTS = ['states', 'positions', 'sections', 'operators', 'value'] as const;
const LARGEST_INDEX = 1 << 24;

/** Body of `POST /v1/receipts/:id/testimony`: one question about tokens or positions `first` to `end`. */
export class TestimonyQuestionDto {
  @IsIn(SUBJECTS)
  of!: (typeof SUBJECTS)[number];

  /** From 0. */
  @Min(0)
  @Max(LARGEST_INDEX)
  @IsInt()
  first!: number;

  /** Not included. */
  @Min(1)
  @Max(LARGEST_INDEX)
  @IsInt()
  end!: number;

  /** Of `operators` and `value`: 0 = embedding, 1 … layers = layers 0 …, layers + 1 = head. */
  @IsOptional()
  @Min(0)
  @Max(LARGEST_INDEX)
  @IsInt()
  section?: number;

  /** Of `value`. */
  @IsOptional()
  @IsIn(Object.keys(OPERATORS))
  operator?: OperatorName;

  /** Of `value`: rank of the expert among the chosen, 0 for operators of no expert. */
  @IsOptional()
  @Min(0)
  @Max(LARGEST_INDEX)
  @IsInt()
  rank?: number;
}

/** The question; refuses (`TESTIMONY_QUESTION`, 400) members that are missing or that the subject does not have. */
export function questionOf(dto: TestimonyQuestionDto): Result<TestimonyQuestion> {
  const { of, first, end, section, operator, rank } = dto;
  const given = [section, operator, rank].filter((member) => member !== undefined && member !== null).length;
  if (of === 'value' && section !== undefined && operator !== undefined && rank !== undefined && given === 3)
    return ok({ of, section, operator, rank, first, end });
  if (of === 'operators' && typeof section === 'number' && given === 1)
    return ok({ of, section, first, end });
  if (of !== 'value' && of !== 'operators' && given === 0) return ok({ of, first, end });
  const message = 'value needs section, operator and rank, operators needs section, nothing else has them';
  return err(new CodedError('TESTIMONY_QUESTION', message, {}, 400));
}
