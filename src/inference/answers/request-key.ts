import { canonicalJson, type Json } from '../../common/index.js';
import type { AnswerRequest } from './answer-request.js';

/** What makes two requests the same one: who asks, what, and with which seed. Canaries cut their share from it. */
export function requestKey({ owner, prompt, seed }: AnswerRequest): string {
  return canonicalJson({ owner, prompt: JSON.stringify(prompt), seed: seed ?? null } as Json);
}
