import { NotFoundException } from '@nestjs/common';
import { QueryFailedError } from 'typeorm';
import { CodedError } from '../common/index.js';
import { ProblemException } from '../common/problem.js';
import { problemOf } from './problem.js';

const systemError = (code: string, message = code) => Object.assign(new Error(message), { code });

describe('problems', () => {
  it('keeps what a refusal says', () => {
    expect(problemOf(new CodedError('QUEUE_FULL', 'come back', { depth: 3 }, 429))).toMatchObject({
      status: 429,
      code: 'QUEUE_FULL',
      detail: 'come back',
      facts: { depth: 3 },
    });
    expect(problemOf(new ProblemException(409, 'X', 'y', {}, { 'retry-after': '1' }))).toMatchObject({
      status: 409,
      headers: { 'retry-after': '1' },
    });
  });

  it('says nothing about the inside of a bug', () => {
    const problem = problemOf(new Error('password is hunter2'));
    expect(problem).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
    expect(problemOf('thrown text')).toMatchObject({ code: 'INTERNAL' });
  });

  it.each([
    new QueryFailedError('SELECT 1', [], systemError('57P01')),
    new QueryFailedError('SELECT 1', [], systemError('08006')),
    systemError('ENOENT', 'connect ENOENT /data/postgres/socket/.s.PGSQL.5432'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Connection terminated unexpectedly'),
    new Error('Query read timeout'),
  ])('knows a database that is away: %s', (thrown) => {
    expect(problemOf(thrown)).toMatchObject({
      status: 503,
      code: 'DATABASE_UNAVAILABLE',
      headers: { 'retry-after': '2' },
    });
  });

  it('takes a wrong statement or a missing file for a bug, not for a database that is away', () => {
    expect(problemOf(new QueryFailedError('SELEC', [], systemError('42601'))).code).toBe('INTERNAL');
    expect(problemOf(systemError('ENOENT', "ENOENT: no such file or directory, open '/x'")).code).toBe(
      'INTERNAL',
    );
  });

  it.each([
    ['ENOSPC', 507, 'STORAGE_FULL'],
    ['EROFS', 503, 'STORAGE_READ_ONLY'],
  ])('maps %s to %s %s', (system, status, code) => {
    expect(problemOf(systemError(system))).toMatchObject({ status, code });
  });

  it('tells a full disk of the database from a database that is away', () => {
    const full = new QueryFailedError('INSERT', [], systemError('53100'));
    expect(problemOf(full)).toMatchObject({ status: 507, code: 'STORAGE_FULL', headers: {} });
  });

  it('maps the refusals of the framework', () => {
    expect(problemOf(new NotFoundException('Cannot GET /x'))).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
    });
    const tooLarge = Object.assign(systemError('FST_ERR_CTP_BODY_TOO_LARGE'), { statusCode: 413 });
    expect(problemOf(tooLarge)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
  });
});
