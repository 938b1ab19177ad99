import type { ValidationError, ValidationPipe } from '@nestjs/common';
import { ProblemException } from '../common/problem.js';
import { KnownQueriesPipe } from './known-queries.js';

const MOST_MESSAGES = 10;

/** Checks every DTO: unknown fields and wrong values are refused, each named with its path. */
export function validationPipe(): ValidationPipe {
  return new KnownQueriesPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => {
      const found = errors.flatMap((error) => messagesOf(error, ''));
      const detail = found
        .map(({ message }) => message)
        .slice(0, MOST_MESSAGES)
        .join('; ');
      return new ProblemException(400, 'VALIDATION_FAILED', detail, {
        fields: found.map(({ path }) => path).slice(0, MOST_MESSAGES),
        param: found[0]?.path ?? null,
      });
    },
  });
}

function messagesOf(error: ValidationError, prefix: string): { path: string; message: string }[] {
  const path = `${prefix}${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    path,
    message: rule === 'whitelistValidation' ? `unknown field "${path}"` : `${prefix}${message}`,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => messagesOf(child, `${path}.`))];
}
