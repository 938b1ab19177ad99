import type { AcceptedRival } from '../submission/rival-query.js';
import { paidBy, paidIn } from '../verdict/verdict.js';

/** Experts of a release by name, with their blocks. */
export type LiveExperts = ReadonlyMap<string, { readonly block: string }>;

/**
 * The fall of the loss that was paid for already and is not in the release that a candidate is compared with, so that the candidate would
 * show it again. Of an expert that was there before it is what the best of its rivals was paid for. New experts of a layer do the same work
 * under whichever number, beside each other: of these it is all that was paid for, less what live ones have gained since.
 * @param rivals judged last first
 */
export function paidBefore(rivals: readonly AcceptedRival[], live: LiveExperts): number {
  const same = rivals.filter(({ isSame }) => isSame).map(({ verdict }) => paidBy(verdict));
  return Math.max(paidBeside(rivals, live), ...same);
}

function paidBeside(rivals: readonly AcceptedRival[], live: LiveExperts): number {
  const held = new Set<string>();
  const gains = rivals
    .filter(({ added }) => added.size > 0)
    .map(({ state, added, verdict }) => {
      const places = [...added];
      const isLive = places.every(
        ([name, block]) =>
          // What is there may come from it. Of two that were live the older one was rolled back: its place was empty again.
          live.get(name)?.block === block || (state === 'released' && live.has(name) && !held.has(name)),
      );
      if (state === 'released') for (const [name] of places) held.add(name);
      return { paid: paidIn(verdict), gained: isLive ? verdict.figures.overall.fall : 0 };
    });
  // A gain makes up for what was paid before it, and for nothing that is paid after it.
  return gains.reduceRight((left, { paid, gained }) => Math.max(0, left + paid - gained), 0);
}
