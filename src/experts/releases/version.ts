import { canonicalJson, type Json } from '../../common/index.js';
import type { ModelConfig } from '../model-config.js';
import { withAllExperts } from '../tensorblock/left-out.js';

/** How far a release departs from its parent, after SemVer. */
export type Change = 'patch' | 'minor' | 'major';

const VERSION = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;

/** A SemVer version without pre-release or build parts. */
export type Version = readonly [major: number, minor: number, patch: number];

/** Reads `1.2.3`; null for anything else. */
export function parseVersion(text: string): Version | null {
  const match = VERSION.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Negative where `a` is older than `b`, 0 where they are equal. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Members that may grow while experts of the parent stay usable. */
const MAY_GROW = new Set(['experts', 'expertHiddenSize', 'maxPositions']);

/**
 * The least change between two architectures: patch = other weights in the same shapes, experts left out or taken back; minor = more experts, wider
 * ones, more positions, or another tokenizer file set; major = anything else.
 */
export function requiredChange(parent: ModelConfig, next: ModelConfig, sameTokenizer: boolean): Change {
  let change: Change = sameTokenizer ? 'patch' : 'minor';
  const [old, fresh] = [withAllExperts(parent), withAllExperts(next)];
  for (const member of new Set([...Object.keys(old), ...Object.keys(fresh)]) as Set<keyof ModelConfig>) {
    const [before, after] = [old[member], fresh[member]];
    if (asText(before) === asText(after)) continue;
    if (!MAY_GROW.has(member) || Number(after) < Number(before)) return 'major';
    change = 'minor';
  }
  return change;
}

function asText(member: ModelConfig[keyof ModelConfig]): string {
  return canonicalJson((member ?? null) as unknown as Json);
}

/** The greater of two changes. */
export function atLeast(change: Change, least: Change): Change {
  const order: readonly Change[] = ['patch', 'minor', 'major'];
  return order[Math.max(order.indexOf(change), order.indexOf(least))];
}

/** The version that follows by the given change. */
export function nextVersion([major, minor, patch]: Version, change: Change): Version {
  if (change === 'major') return [major + 1, 0, 0];
  return change === 'minor' ? [major, minor + 1, 0] : [major, minor, patch + 1];
}

/** The first version after the given one, in steps of the given change, that nobody has used. */
export function nextFreeVersion(before: Version, change: Change, taken: ReadonlySet<string>): Version {
  let next = nextVersion(before, change);
  while (taken.has(formatVersion(next))) next = nextVersion(next, change);
  return next;
}

/** Whether `version` may follow `parent` given the least change between them. */
export function mayFollow(parent: Version, version: Version, change: Change): boolean {
  return compareVersions(version, nextVersion(parent, change)) >= 0;
}

/** `1.2.3`. */
export function formatVersion(version: Version): string {
  return version.join('.');
}
