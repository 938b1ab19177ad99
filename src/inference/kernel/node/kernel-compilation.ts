import { messageOf } from '../../../common/index.js';
import type { SelfTestResult } from '../self-test.js';

/** How the kernel's code was made of its file: with V8's joined operations, or as the file says. The bits are the same. */
export interface KernelCompilation {
  readonly name: 'joined' | 'plain';
  /** Why joined operations were tried and are not used; null when they are, or were not wanted. */
  readonly fallback: string | null;
}

/** An engine that was started on one compilation of the kernel, and what its self-test found. */
export interface Attempt<E> {
  readonly engine: E;
  readonly test: SelfTestResult;
}

/**
 * Tries joined operations, then plain ones. The outcome names the compilation that was tried last; whether its self-test agrees is for
 * the caller to see. Throws what the plain attempt throws.
 * @param begin starts an engine on a compilation, and ends it again when its self-test fails
 */
export async function firstRight<E>(
  begin: (name: KernelCompilation['name']) => Promise<Attempt<E>>,
): Promise<Attempt<E> & { readonly compilation: KernelCompilation }> {
  let fallback: string;
  try {
    const joined = await begin('joined');
    if (joined.test.ok) return { ...joined, compilation: { name: 'joined', fallback: null } };
    fallback = joined.test.detail;
  } catch (thrown) {
    fallback = messageOf(thrown);
  }
  return { ...(await begin('plain')), compilation: { name: 'plain', fallback } };
}
