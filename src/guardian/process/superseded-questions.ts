import { Injectable, Logger } from '@nestjs/common';
import { messageOf, unwrap } from '../../common/index.js';
import { ActionRegistry } from '../actions/action-registry.js';
import { DecisionStore } from '../store/decision-store.js';
import { DecisionLedger } from './decision-ledger.js';

/**
 * Questions that nobody needs to answer any more, because what they are about is gone: another release is live than the one it
 * was made of, trouble has ended by itself. They are closed at once, with the reason; a yes would only have failed.
 */
@Injectable()
export class SupersededQuestions {
  private readonly logger = new Logger('Decisions');

  constructor(
    private readonly registry: ActionRegistry,
    private readonly store: DecisionStore,
    private readonly ledger: DecisionLedger,
  ) {}

  /** Looks at every open question of an action that can tell. @returns how many were closed */
  async look(): Promise<number> {
    const names = this.registry.all.flatMap(({ name, superseded }) => (superseded === undefined ? [] : name));
    let closed = 0;
    for (const id of await this.store.questioned(names)) {
      // One that cannot be looked at must not keep the others open.
      const why = await this.whyOf(id).catch((thrown: unknown) => this.complain(id, thrown));
      if (why !== null && (await this.close(id, why, 'server'))) closed += 1;
    }
    return closed;
  }

  /** Closes the open question about a decision. @returns whether there was one; doing it twice changes nothing */
  close(decision: string, why: string, actor: string): Promise<boolean> {
    return this.ledger.change(async (changes) => {
      const row = await this.store.hold(changes.manager, decision);
      if (!row.ok || row.value.state !== 'waiting') return false;
      const question = await this.store.escalationOf(decision, changes.manager);
      const reason = `superseded: ${why}`;
      if (question?.state === 'open')
        await changes.answer(question, 'withdrawn', { by: null, reason, amended: null });
      await changes.move(row.value, 'superseded', { actor, reason });
      return true;
    });
  }

  private async whyOf(id: string): Promise<string | null> {
    const { type, action, parameters } = unwrap(await this.store.decision(id));
    const known = this.registry.of(type, action);
    return (known.ok ? await known.value.superseded?.(parameters) : null) ?? null;
  }

  private complain(id: string, thrown: unknown): null {
    this.logger.warn(`could not see whether ${id} is superseded: ${messageOf(thrown)}`);
    return null;
  }
}
