import { logitsJson } from './logits-json.js';

const facts = { model: 'genesis', version: '1.0.0', release: 'ab'.repeat(32) };

async function written(
  logits: readonly Float32Array[],
): Promise<{ text: string; pieces: number; turns: number }> {
  let turns = 0;
  let over = false;
  const turn = () => {
    turns += 1;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  const pieces: string[] = [];
  const positions = logits.map((_, i) => i);
  for await (const piece of logitsJson({ ...facts, positions, logits })) pieces.push(piece);
  over = true;
  return { text: pieces.join(''), pieces: pieces.length, turns };
}

describe('raw logits as JSON', () => {
  it('are the numbers, bit by bit', async () => {
    const row = Float32Array.from({ length: 10_000 }, (_, i) => Math.sin(i) * 10 ** ((i % 60) - 30));
    const logits = [row, Float32Array.of(1.5), Float32Array.of(-0.1, 2)];
    const parsed = JSON.parse((await written(logits)).text) as { logits: number[][] };
    expect(parsed).toMatchObject({ ...facts, positions: [0, 1, 2] });
    expect(parsed.logits.map((numbers) => Float32Array.from(numbers))).toEqual(logits);
  });

  it('are null where JSON has no number for them, and none where there is none', async () => {
    const { text } = await written([Float32Array.of(Number.NaN, 1, -Infinity)]);
    expect((JSON.parse(text) as { logits: unknown }).logits).toEqual([[null, 1, null]]);
    expect(JSON.parse((await written([])).text)).toMatchObject({ logits: [] });
  });

  it('leave the event loop to others after every few thousand numbers', async () => {
    const rows = Array.from({ length: 20 }, () => new Float32Array(50_000).fill(0.25));
    const { turns } = await written(rows);
    // A million numbers.
    expect(turns).toBeGreaterThanOrEqual(200);
  });
});
