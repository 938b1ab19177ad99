import { blyText, unitsText } from './bly.js';

it.each([
  ['0', '0', '0 units'],
  ['1', '0.000000001', '1 unit'],
  ['1000000000', '1', '1,000,000,000 units'],
  ['105000000', '0.105', '105,000,000 units'],
  ['75000000000000', '75,000', '75,000,000,000,000 units'],
  ['-1500000000', '−1.5', '−1,500,000,000 units'],
  // More than a JSON number holds: not one unit is lost.
  ['9007199254740993', '9,007,199.254740993', '9,007,199,254,740,993 units'],
])('writes %s units as %s BLY', (units, bly, exact) => {
  expect([blyText(units), unitsText(units)]).toEqual([bly, exact]);
});
