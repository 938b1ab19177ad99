import { Injectable } from '@nestjs/common';
import type { QuerySource } from '../query-source.js';

/** What the truth mirror measured of a release. */
export interface EthicsFigures {
  /** Mean absolute gap of log-probability between groups, 0 is best; null where it could not be measured. */
  readonly bias: number | null;
  /** Share of pairs without a notable gap, 1 is best; null where it could not be measured. */
  readonly fairness: number | null;
  /** Share of weights whose data, licence and author are on the chain, 0 to 1. */
  readonly transparency: number;
  /** What is not on the chain for every weight: `author`, `licence`, `data`. */
  readonly missing: readonly string[];
  /** ISO 8601. */
  readonly measuredAt: string;
}

/** How well a release predicts sentences that it was not trained for. */
export interface LossFigures {
  /** Negative log-probability per byte of text; less is better. */
  readonly natsPerByte: number;
  /** Hash of the question set: only losses over the same one can be compared. */
  readonly questions: string;
  /** ISO 8601. */
  readonly measuredAt: string;
}

type SecurityReading = (source?: QuerySource) => Promise<number | undefined>;

/** Figures other modules measure and the guardians' checks compare with their thresholds. Unknown never passes. */
@Injectable()
export class SafetyFigures {
  private readSecurity: SecurityReading = async () => undefined;
  private readSecurityBound: SecurityReading = async () => undefined;
  private readEthics: (release: string) => Promise<EthicsFigures | undefined> = async () => undefined;

  private readGain: (release: string, other: string) => Promise<number | undefined> = async () => undefined;
  private readLoss: (release: string) => Promise<LossFigures | undefined> = async () => undefined;

  /** Who knows the security score, 0 to 1. @param readBound what it is at most while this server has not measured it itself */
  provideSecurity(read: SecurityReading, readBound: SecurityReading = read): void {
    this.readSecurity = read;
    this.readSecurityBound = readBound;
  }

  /** Who knows the figures of a release, by the hash of its block. */
  provideEthics(read: (release: string) => Promise<EthicsFigures | undefined>): void {
    this.readEthics = read;
  }

  /** Who knows the loss of a release, by the hash of its block. */
  provideLoss(read: (release: string) => Promise<LossFigures | undefined>): void {
    this.readLoss = read;
  }

  /** Who knows by how much less loss a release has than another, both by the hash of their blocks. */
  provideGain(read: (release: string, other: string) => Promise<number | undefined>): void {
    this.readGain = read;
  }

  /** The share by which a release has less loss than another, or undefined where they were not compared. */
  gainOver(release: string, other: string): Promise<number | undefined> {
    return this.readGain(release, other);
  }

  /** The loss of a release, or undefined while nobody measured it. */
  lossOf(release: string): Promise<LossFigures | undefined> {
    return this.readLoss(release);
  }

  /** The security score, 0 to 1, or undefined while nobody measured it. @param source the caller's transaction, where it is in one */
  securityScore(source?: QuerySource): Promise<number | undefined> {
    return this.readSecurity(source);
  }

  /** What the security score is at most, 0 to 1: it can hold something up, and lets nothing pass. Undefined: nothing is known. */
  securityBound(source?: QuerySource): Promise<number | undefined> {
    return this.readSecurityBound(source);
  }

  /** The figures of a release, or undefined while nobody measured it. */
  ethicsOf(release: string): Promise<EthicsFigures | undefined> {
    return this.readEthics(release);
  }
}
