const SPACE = 0x20;
const NEW_LINE = 0x0a;

/** Spaces of indentation at most. White space has an end, so that no model can stay in it. */
const MOST_INDENTATION = 32;

/** No white space so far. */
export const NO_SPACE = 0;
const ONE_SPACE = 1;
const LINE_BEGUN = 2;

/** White space between two parts of a value after one more byte: one space, or a line break and spaces; -1 = not allowed. */
export function nextWhiteSpace(space: number, byte: number): number {
  if (space === NO_SPACE && byte === SPACE) return ONE_SPACE;
  if (space === NO_SPACE && byte === NEW_LINE) return LINE_BEGUN;
  const indented = space >= LINE_BEGUN && space < LINE_BEGUN + MOST_INDENTATION && byte === SPACE;
  return indented ? space + 1 : -1;
}
