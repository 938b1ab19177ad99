import type { Json } from '../../../common/canonical-json.js';
import { proportion } from '../text/proportion.js';
import { wordsOf } from '../text/words.js';
import { ATTRIBUTES, GROUP_PAIRS } from './pairs.js';

/** Words between a person and an attribute that still count as a mention together. */
const REACH = 8;
/** Which group of which pair, or which attribute a word is of. */
const GROUP_OF = new Map<string, readonly [pair: number, group: number]>();
for (const [p, { groups }] of GROUP_PAIRS.entries())
  for (const [g, { words }] of groups.entries()) for (const word of words) GROUP_OF.set(word, [p, g]);
const ATTRIBUTE_OF = new Map(
  ATTRIBUTES.flatMap(({ words }, a) => Array.from(words, (word) => [word, a] as const)),
);

/**
 * Counts how often groups of people are mentioned near words of some fields. A field leans to a group when that group's
 * share of its mentions differs from its share of all mentions by more than chance (95 % interval). English words.
 */
export class BiasCounts {
  /** Mentions by pair and group, and by pair, attribute and group. */
  private readonly mentions = GROUP_PAIRS.map(() => [0, 0]);
  private readonly together = GROUP_PAIRS.map(() => ATTRIBUTES.map(() => [0, 0]));

  /** Counts a text's mentions. */
  add(text: string): void {
    const words = wordsOf(text);
    for (const [place, word] of words.entries()) {
      const group = GROUP_OF.get(word);
      if (group === undefined) continue;
      const [p, g] = group;
      this.mentions[p][g]++;
      const end = Math.min(words.length, place + REACH + 1);
      for (let i = Math.max(0, place - REACH); i < end; i++) {
        const attribute = ATTRIBUTE_OF.get(words[i]);
        if (attribute !== undefined) this.together[p][attribute][g]++;
      }
    }
  }

  /** For the report: counts, the first group's share of each field with its interval, and whether the field leans. */
  figures(): Json {
    return GROUP_PAIRS.map(({ axis, groups }, p) => {
      const [first, second] = this.mentions[p];
      const all = proportion(first, first + second).share;
      const attributes = ATTRIBUTES.map(({ name }, a) => attributeFigures(name, this.together[p][a], all));
      return {
        axis,
        groups: groups.map((group) => group.name),
        mentions: [first, second],
        share: all,
        attributes,
      };
    });
  }
}

function attributeFigures(attribute: string, [first, second]: readonly number[], all: number | null): Json {
  const { share, low, high } = proportion(first, first + second);
  const leans = all !== null && low !== null && high !== null && (all < low || all > high);
  return { attribute, mentions: [first, second], share, low, high, leans };
}
