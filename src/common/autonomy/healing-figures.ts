import { Injectable } from '@nestjs/common';

/** How a remedy fared against a cause, as recorded. */
export interface RemedyRecord {
  readonly cause: string;
  readonly remedy: string;
  readonly attempts: number;
  readonly helped: number;
}

/** What the healing recorded, for modules below it: the decision matrix learns from it how often a remedy helps. */
@Injectable()
export class HealingFigures {
  private read: () => Promise<readonly RemedyRecord[]> = async () => [];

  /** Who keeps the record. */
  provide(read: () => Promise<readonly RemedyRecord[]>): void {
    this.read = read;
  }

  /** Every remedy that was tried, by cause; empty while nobody heals. */
  remedies(): Promise<readonly RemedyRecord[]> {
    return this.read();
  }

  /** Share of all attempts that helped, 0 to 1; undefined before the first. */
  async successRate(): Promise<number | undefined> {
    const records = await this.read();
    const attempts = records.reduce((sum, each) => sum + each.attempts, 0);
    const helped = records.reduce((sum, each) => sum + each.helped, 0);
    return attempts === 0 ? undefined : helped / attempts;
  }
}
