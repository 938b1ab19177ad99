import { unwrap } from '../../common/index.js';
import { encodeTensorBlock, TensorBlock, type TensorDtype } from '../../experts/tensorblock/index.js';
import { transposed } from './transposed-tensor.js';

describe.each<TensorDtype>(['int8', 'f32', 'f16', 'int4'])('a matrix of %s', (dtype) => {
  it.each([
    [16, 32],
    [48, 96],
    [21, 70],
    [1, 33],
  ])('of %i x %i has the values of its block, the other way round', (rows, columns) => {
    const values = Float32Array.from({ length: rows * columns }, (_, i) =>
      Math.fround(((i * 37) % 101) / 7 - 7),
    );
    const bytes = encodeTensorBlock({ dtype, layout: 'tile16', rows, columns }, values);
    const block = unwrap(TensorBlock.decode(bytes));
    const out = transposed(block, bytes);
    expect(out).toHaveLength(rows * columns);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        expect(out[column * rows + row]).toBe(block.at(row, column));
  });
});
