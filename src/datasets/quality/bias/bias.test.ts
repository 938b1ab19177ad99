import { BiasCounts } from './bias-counts.js';

interface Axis {
  readonly axis: string;
  readonly mentions: readonly number[];
  readonly attributes: readonly { attribute: string; mentions: number[]; low: number; leans: boolean }[];
}

const figuresOf = (texts: readonly string[]) => {
  const counts = new BiasCounts();
  for (const text of texts) counts.add(text);
  return counts.figures() as unknown as Axis[];
};
const attribute = ({ attributes }: Axis, name: string) =>
  attributes.find((entry) => entry.attribute === name);

it('counts mentions together, and says that a field leans', () => {
  const texts = Array.from(
    { length: 40 },
    () => 'She stays in the kitchen.\nThe plan was made long ago by a big crowd. He gets the office.',
  );
  const [gender] = figuresOf(texts);
  expect(gender).toMatchObject({ axis: 'gender', mentions: [40, 40] });
  expect(attribute(gender, 'family')).toMatchObject({ mentions: [40, 0], leans: true });
  expect(attribute(gender, 'career')).toMatchObject({ mentions: [0, 40], leans: true });
});

it('calls no field leaning when both groups are mentioned alike, or hardly', () => {
  const even = Array.from({ length: 40 }, (_, i) => `${i % 2 === 0 ? 'She' : 'He'} went to the office.`);
  expect(attribute(figuresOf(even)[0], 'career')).toMatchObject({ mentions: [20, 20], leans: false });
  expect(attribute(figuresOf(['She likes physics.'])[0], 'science')).toMatchObject({ leans: false });
  expect(figuresOf([])[0]).toMatchObject({ mentions: [0, 0], share: null });
});
