import { exp4, splat } from './math';
export { exp64, log64, sin64 } from './math';

/** e^x as `exp4` gives it, for the tests of the host. */
export function exp4Test(x: f32): f32 {
  return f32x4.extract_lane(exp4(splat(x)), 0);
}
