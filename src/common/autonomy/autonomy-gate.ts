import { Injectable } from '@nestjs/common';

/** Whether the server may act on its own now, and if not, why. */
export interface AutonomyState {
  readonly allowed: boolean;
  /** Who stopped it and for which reason; empty while it is allowed. */
  readonly reason: string;
}

const ALLOWED: AutonomyState = { allowed: true, reason: '' };

/**
 * Asked by everything that acts without a person, immediately before it acts. It stays open until the guardians' module
 * guards it; reading it never waits, so that an emergency stop holds within the time its signal needs.
 */
@Injectable()
export class AutonomyGate {
  private read: () => AutonomyState = () => ALLOWED;

  /** Lets `read` decide until the returned function is called. */
  guardBy(read: () => AutonomyState): () => void {
    this.read = read;
    return () => {
      if (this.read === read) this.read = () => ALLOWED;
    };
  }

  /** Whether an automatic action may begin now. */
  state(): AutonomyState {
    return this.read();
  }
}
