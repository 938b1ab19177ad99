/**
 * Work that can be laid down between two pieces, with its result at the end. How long it rests between them changes no bit of it; but it has
 * its values in the kernel's memory, so that nothing else may be computed on that kernel until it is done.
 */
export type Pieces<T> = Generator<undefined, T, undefined>;

/** Carries out work to its end; what it does between two pieces is its own affair. */
export type CarryOut = <T>(pieces: Pieces<T>) => Promise<T>;

/** One piece after the other, without a rest. */
export function atOnce<T>(pieces: Pieces<T>): T {
  for (;;) {
    const next = pieces.next();
    if (next.done === true) return next.value;
  }
}

/** `atOnce`, for those who could rest. */
export const withoutRest: CarryOut = (pieces) => Promise.resolve(atOnce(pieces));
