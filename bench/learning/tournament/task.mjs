// What the contributors of the tournament learn together: which genesis domain a text is of, by a softmax regression over its hashed
// trigrams. Small enough for thousands of rounds, with a right answer that a hostile minority can spoil.
import { DOMAINS, examples, first, Random } from '../../../dist/src/datasets/index.js';

/** Trigrams are counted in so many places. */
const FEATURES = 512;
export const CLASSES = DOMAINS.length;
/** Length of a model and of an update: a row of weights per class. */
export const LENGTH = CLASSES * FEATURES;
const HELD_OUT = 60;
/** Texts of a contributor: most are of one domain, as those of people are. */
const OWN = 120;
const OWN_SHARE = 0.5;

/** Hashed trigrams of a text, of length 1: places and counts. */
function featuresOf(text) {
  const counts = new Map();
  for (let i = 0; i + 3 <= text.length; i++) {
    let hash = 0x811c9dc5;
    for (let j = i; j < i + 3; j++) hash = Math.imul(hash ^ text.charCodeAt(j), 0x01000193) >>> 0;
    counts.set(hash % FEATURES, (counts.get(hash % FEATURES) ?? 0) + 1);
  }
  const length = Math.hypot(...counts.values()) || 1;
  return { places: [...counts.keys()], values: [...counts.values()].map((count) => count / length) };
}

function labelled(domain, label, split, seed, count) {
  return [...first(count, examples(domain, split, seed))].map(({ prompt, completion }) => ({
    ...featuresOf(`${prompt}${completion}`.slice(0, 120)),
    label,
  }));
}

/** Texts nobody learns from. */
export const heldOut = DOMAINS.flatMap((domain, label) =>
  labelled(domain, label, 'heldOut', 'tournament', HELD_OUT),
);

/** Texts of one contributor. */
export function textsOf(contributor) {
  const random = new Random(`texts of ${contributor}`);
  const own = contributor % CLASSES;
  const counts = DOMAINS.map((_, label) => (label === own ? Math.round(OWN * OWN_SHARE) : 0));
  for (let i = 0; i < OWN * (1 - OWN_SHARE); i++) counts[random.int(0, CLASSES - 1)]++;
  return DOMAINS.flatMap((domain, label) =>
    counts[label] === 0 ? [] : labelled(domain, label, 'train', `contributor ${contributor}`, counts[label]),
  );
}

function probabilities(model, { places, values }) {
  const scores = Array.from({ length: CLASSES }, (_, label) => {
    let score = 0;
    for (let i = 0; i < places.length; i++) score += model[label * FEATURES + places[i]] * values[i];
    return score;
  });
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The way down from a model: minus the mean gradient of the cross-entropy over a batch. @param flip learns wrong labels */
export function descent(model, batch, flip = false) {
  const update = new Float32Array(LENGTH);
  for (const text of batch) {
    const label = flip ? CLASSES - 1 - text.label : text.label;
    const shares = probabilities(model, text);
    for (let other = 0; other < CLASSES; other++) {
      const step = ((other === label ? 1 : 0) - shares[other]) / batch.length;
      for (let i = 0; i < text.places.length; i++)
        update[other * FEATURES + text.places[i]] += step * text.values[i];
    }
  }
  return update;
}

/** Share of the held-out texts whose domain a model finds. */
export function accuracy(model) {
  const right = heldOut.filter((text) => {
    const shares = probabilities(model, text);
    return shares.indexOf(Math.max(...shares)) === text.label;
  });
  return right.length / heldOut.length;
}
