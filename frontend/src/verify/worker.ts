import { Problem } from '../api/problem.js';
import type { VerifyReport, VerifyRequest } from './protocol.js';
import { verifyAnswer } from './verify-answer.js';

const report = (message: VerifyReport): void => globalThis.postMessage(message);

globalThis.addEventListener('message', (event: MessageEvent<VerifyRequest>) => {
  verifyAnswer(event.data, report).catch((thrown: unknown) => {
    const { status, code, detail } = Problem.from(thrown);
    report({ type: 'problem', status, code, detail });
  });
});
