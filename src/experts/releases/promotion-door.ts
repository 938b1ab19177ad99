import { Injectable } from '@nestjs/common';
import { ok, type Result } from '../../common/index.js';
import { Promotion, type PromotionOutcome } from './promotion.js';

/** Who asks for a promotion, and whether that alone decides: the owner of the machine. */
export interface PromotionAsk {
  readonly model: string;
  readonly version: string;
  readonly actor: string;
  readonly mayOrder: boolean;
  /** Whether it is to come to people by stages, where there is one to compare it with: unseen, for a share of the answers, for all. */
  readonly staged?: boolean;
  /** Why, where it is not a guardian who asks. */
  readonly why?: string;
  /** Asking again with the same key by the same actor is the same question. */
  readonly key?: string;
}

/** What became of it; `outcome` is null while nobody has let it happen. */
export interface PromotionAnswer {
  readonly outcome: PromotionOutcome | null;
  /** The decision it is; null where nobody decides. */
  readonly decision: { readonly id: string; readonly state: string; readonly detail: string | null } | null;
}

/** Through here people ask for promotions. Until somebody guards it, everybody who may ask is obeyed. */
@Injectable()
export class PromotionDoor {
  private guard: ((ask: PromotionAsk) => Promise<Result<PromotionAnswer>>) | null = null;

  constructor(private readonly promotion: Promotion) {}

  /** Lets `guard` decide. */
  guardBy(guard: (ask: PromotionAsk) => Promise<Result<PromotionAnswer>>): void {
    this.guard = guard;
  }

  /** Asks for a promotion. Refusals: `RELEASE_UNKNOWN` (404) and those of whoever decides. */
  async ask(ask: PromotionAsk): Promise<Result<PromotionAnswer>> {
    if (this.guard !== null) return this.guard(ask);
    const outcome = await this.promotion.promote(ask.model, ask.version, ask.actor);
    return outcome.ok ? ok({ outcome: outcome.value, decision: null }) : outcome;
  }
}
