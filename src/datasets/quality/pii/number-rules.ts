import type { ContextWords } from './context-words.js';
import type { DigitWindow } from './digit-windows.js';
import type { PiiKind } from './finding.js';

/** A kind of number made of digits alone: its shapes, and what a window of such a shape has to fulfil. */
export interface NumberRule {
  readonly kind: PiiKind;
  readonly name: string;
  readonly shapes: readonly string[];
  fits(window: DigitWindow, digits: readonly number[], context: ContextWords): boolean;
}
