import { number } from '../../components/format.js';

/** A fall of a loss as people read it: `12.3 %`, `−0.4 %` where it rose. */
export function fallText(fall: number): string {
  return `${number(fall * 100, 1)} %`;
}
