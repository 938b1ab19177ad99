import { Injectable } from '@nestjs/common';
import { ok, type Result } from '../../common/index.js';
import { Promotion, type PromotionOutcome } from './promotion.js';

/** Code of the refusal of a release that is to come by stages while another one of its model does. */
export const ROLLOUT_BUSY = 'ROLLOUT_BUSY';

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
  /** Hash of the release that must be live still when it happens; left out: whatever is. */
  readonly base?: string;
  /** Asking again with the same key by the same actor is the same question. */
  readonly key?: string;
}

/** What became of it; `outcome` is null while nobody has let it happen. */
export interface PromotionAnswer {
  readonly outcome: PromotionOutcome | null;
  /** The decision it is; null where nobody decides. */
  readonly decision: { readonly id: string; readonly state: string; readonly detail: string | null } | null;
}

/** A promotion that was asked for. */
export interface AskedPromotion {
  readonly model: string;
  /** Hash of the release. */
  readonly release: string;
  /** The decision it is. */
  readonly decision: string;
}

/** Where a promotion is that was asked for. */
export interface PromotionStanding {
  /** Whether it will not happen any more unless a guardian orders it, or has happened. */
  readonly over: boolean;
  /** The state of the decision, or `outdated`, `withdrawn` of a release that came by stages. */
  readonly state: string;
  readonly detail: string | null;
}

/** Who decides about promotions. */
export interface PromotionDecider {
  decide(ask: PromotionAsk): Promise<Result<PromotionAnswer>>;
  standing(asked: AskedPromotion): Promise<PromotionStanding>;
}

/** Through here people ask for promotions. Until somebody guards it, everybody who may ask is obeyed. */
@Injectable()
export class PromotionDoor {
  private guard: PromotionDecider | null = null;

  constructor(private readonly promotion: Promotion) {}

  /** Lets `guard` decide. */
  guardBy(guard: PromotionDecider): void {
    this.guard = guard;
  }

  /** Asks for a promotion. Refusals: `RELEASE_UNKNOWN` (404), `RELEASE_BASE_MOVED`, `ROLLOUT_BUSY` (409) and those of whoever decides. */
  async ask(ask: PromotionAsk): Promise<Result<PromotionAnswer>> {
    if (this.guard !== null) return this.guard.decide(ask);
    const { model, version, actor, base } = ask;
    const outcome = await this.promotion.promote(model, version, actor, { base });
    return outcome.ok ? ok({ outcome: outcome.value, decision: null }) : outcome;
  }

  /** Whether a promotion that was asked for may happen still. Where nobody decides nothing waits. */
  async standing(asked: AskedPromotion): Promise<PromotionStanding> {
    if (this.guard !== null) return this.guard.standing(asked);
    return { over: true, state: 'undecided', detail: null };
  }
}
