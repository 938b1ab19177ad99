import type { LineageStep } from '../../api/lineage.js';

/** An expert in the family tree. */
export interface Member {
  /** Its block on chain B. */
  readonly hash: string;
  readonly name: string;
  /** The block it was trained from; null for an origin: nothing tells here what it was made of. */
  readonly parent: string | null;
  /** What made it; null for an origin. */
  readonly step: LineageStep | null;
  /** Whether the live release has it. */
  readonly live: boolean;
}

/** The beginning of a hash, as the names of experts are told apart by. */
export function beginning(hash: string): string {
  return `${hash.slice(0, 6)}…`;
}

/** Everybody that accepted submissions tell of, the newest first, behind them the origins. @param steps newest first */
export function membersOf(steps: readonly LineageStep[]): Member[] {
  const members = new Map<string, Member>();
  for (const step of steps)
    for (const { name, block, parent, live } of step.blocks)
      if (!members.has(block)) members.set(block, { hash: block, name, parent, step, live });
  const origins = new Map<string, Member>();
  for (const { blocks } of steps)
    for (const { name: child, parent, parent_name: known, parent_live: live } of blocks) {
      const name = known ?? child;
      if (!members.has(parent)) origins.set(parent, { hash: parent, name, parent: null, step: null, live });
    }
  return [...members.values(), ...origins.values()];
}

/** An expert and those it descends from: the origin first, itself last. */
export function ancestryOf(members: readonly Member[], hash: string): Member[] {
  const known = new Map(members.map((member) => [member.hash, member]));
  const line: Member[] = [];
  for (let next = known.get(hash); next !== undefined; next = known.get(next.parent ?? '')) line.push(next);
  return line.reverse();
}
