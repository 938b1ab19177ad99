/** The median of whole numbers; of an even count the lower of the two in the middle. Undefined for none. */
export function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];
}
