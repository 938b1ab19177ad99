import { blyText, unitsText } from './bly.js';

/** An amount in BLY; pointing at it shows the exact units. @param units a string of digits */
export function Amount({ units, sign = '' }: { units: string; sign?: '+' | '−' | '' }) {
  return (
    <span title={`${sign}${unitsText(units)}`}>
      {sign}
      {blyText(units)} BLY
    </span>
  );
}
