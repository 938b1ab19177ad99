import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SafetyFigures } from '../../common/autonomy/safety-figures.js';
import { RemovalStore } from '../removal/removal-store.js';
import { SubmissionStore } from '../submission/submission-store.js';

/** Tells whoever decides about a release by how much less loss it has, as its verdict says, or what was measured before a removal. */
@Injectable()
export class MeasuredGains implements OnModuleInit {
  constructor(
    private readonly figures: SafetyFigures,
    private readonly store: SubmissionStore,
    private readonly removals: RemovalStore,
  ) {}

  onModuleInit(): void {
    this.figures.provideGain((release, other) => this.gainOver(release, other));
  }

  /** Undefined where the release was not judged, or beside another one. */
  private async gainOver(release: string, other: string): Promise<number | undefined> {
    const verdict = await this.store.verdictOn(release);
    const measured = verdict ?? (await this.removals.ofRelease(release))?.effect;
    return measured?.base_release === other ? measured.figures.overall.fall : undefined;
  }
}
