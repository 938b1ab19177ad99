import { Injectable } from '@nestjs/common';

/** What the truth mirror measured of a release. */
export interface EthicsFigures {
  /** Mean absolute gap of log-probability between groups, 0 is best. */
  readonly bias: number;
  /** Share of pairs without a notable gap, 1 is best. */
  readonly fairness: number;
  /** Share of weights whose data, licence and author are on the chain, 0 to 1. */
  readonly transparency: number;
  /** ISO 8601. */
  readonly measuredAt: string;
}

/** Figures other modules measure and the guardians' checks compare with their thresholds. Unknown never passes. */
@Injectable()
export class SafetyFigures {
  private readSecurity: () => Promise<number | undefined> = async () => undefined;
  private readEthics: (release: string) => Promise<EthicsFigures | undefined> = async () => undefined;

  /** Who knows the security score, 0 to 1. */
  provideSecurity(read: () => Promise<number | undefined>): void {
    this.readSecurity = read;
  }

  /** Who knows the figures of a release, by the hash of its block. */
  provideEthics(read: (release: string) => Promise<EthicsFigures | undefined>): void {
    this.readEthics = read;
  }

  /** The security score, 0 to 1, or undefined while nobody measured it. */
  securityScore(): Promise<number | undefined> {
    return this.readSecurity();
  }

  /** The figures of a release, or undefined while nobody measured it. */
  ethicsOf(release: string): Promise<EthicsFigures | undefined> {
    return this.readEthics(release);
  }
}
