import { tooLargeUnasked } from './quality.js';

it('compares by itself what takes two billion bytes, and asks before it takes more', () => {
  expect(tooLargeUnasked(2e9)).toBeNull();
  expect(tooLargeUnasked(93.4e9)).toEqual({
    not_measured: 'the exact weights take 93.4 GB of room for a while; ask for it with --measure',
  });
});
