import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SafetyFigures } from '../../common/autonomy/safety-figures.js';
import { SubmissionStore } from '../submission/submission-store.js';

/** Tells whoever decides about a release by how much less loss it has, as its verdict says. */
@Injectable()
export class MeasuredGains implements OnModuleInit {
  constructor(
    private readonly figures: SafetyFigures,
    private readonly store: SubmissionStore,
  ) {}

  onModuleInit(): void {
    this.figures.provideGain((release, other) => this.gainOver(release, other));
  }

  /** Undefined where the release was not judged, or beside another one. */
  private async gainOver(release: string, other: string): Promise<number | undefined> {
    const verdict = await this.store.verdictOn(release);
    return verdict?.base_release === other ? verdict.figures.overall.fall : undefined;
  }
}
