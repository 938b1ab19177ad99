import { Injectable } from '@nestjs/common';
import type { CodedError, Result } from '../../common/index.js';
import type { EngineModelView } from '../releases/release-view.js';

/** What a compact release answers beside the exact weights it was made from. */
export interface QualityReport {
  /** Tokens that were judged: of answers drawn from the exact weights. */
  readonly tokens: number;
  /** exp of the mean negative log probability per token, with the exact weights. */
  readonly exact_perplexity: number;
  /** The same with the weights of the release. */
  readonly perplexity: number;
  /** Share of positions where both find the same token likeliest, 0 to 1. */
  readonly same_choice: number;
  /** Greedy answers that were compared … */
  readonly answers: number;
  /** … and how many are the same, token by token. */
  readonly same_answers: number;
}

/** Why the quality of a release was not measured. */
export interface QualityUnknown {
  readonly not_measured: string;
}

/** Compares a release with exact weights of the same shape; whoever can compute registers one. */
export interface QualityMeter {
  /** @param release hash of the release block  @param exact its weights, not on any chain; gone afterwards */
  compare(release: string, exact: EngineModelView): Promise<Result<QualityReport>>;
}

/** The largest model, as bytes in 32 bits, that is compared with its exact weights without being asked: two billion bytes. */
const MEASURED_UNASKED = 2e9;

/** Why exact weights of this many bytes are not compared unless somebody asks; null where they are. */
export function tooLargeUnasked(bytes: number): QualityUnknown | null {
  if (bytes <= MEASURED_UNASKED) return null;
  const room = `${(bytes / 1e9).toFixed(1)} GB of room for a while`;
  return { not_measured: `the exact weights take ${room}; ask for it with --measure` };
}

/** Where inference, which this module does not know, puts its meter. */
@Injectable()
export class QualityMeters {
  private meter: QualityMeter | null = null;

  /** Registers the one meter of this process. */
  register(meter: QualityMeter): void {
    this.meter = meter;
  }

  /** Compares, or says why not. */
  async compare(release: string, exact: EngineModelView): Promise<QualityReport | QualityUnknown> {
    if (this.meter === null) return { not_measured: 'nothing here can compute answers' };
    const report = await this.meter.compare(release, exact);
    return report.ok ? report.value : unknown(report.error);
  }
}

/** A refusal as the reason for an unknown quality. */
export function unknown(error: CodedError): QualityUnknown {
  return { not_measured: `${error.code}: ${error.message}` };
}
