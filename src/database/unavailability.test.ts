import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';
import { CodedError } from '../common/index.js';
import { cannotBeWritten, databaseRefusal, isDatabaseUnavailable } from './unavailability.js';

const coded = (code: string) => Object.assign(new Error('lost'), { code });

describe('a database that is away', () => {
  it.each([
    ['a statement that the killed server cut off', new QueryFailedError('SELECT 1', [], coded('57P01'))],
    ['a connection that broke', new QueryFailedError('SELECT 1', [], coded('EPIPE'))],
    ['a transaction whose connection is gone', new QueryRunnerProviderAlreadyReleasedError()],
    ['a commit whose connection is gone', new QueryRunnerAlreadyReleasedError()],
  ])('is told from a wrong statement: %s', (_what, thrown) => {
    expect(isDatabaseUnavailable(thrown)).toBe(true);
    expect(databaseRefusal(thrown)).toMatchObject({ code: 'DATABASE_UNAVAILABLE', status: 503 });
  });

  it.each([
    ['a wrong statement', new QueryFailedError('SELEKT', [], coded('42601'))],
    ["another socket's error", coded('EPIPE')],
    ['what is no error', 'EPIPE'],
  ])('is not seen in %s', (_what, thrown) => {
    expect(isDatabaseUnavailable(thrown)).toBe(false);
  });
});

describe('what cannot be written down now', () => {
  it.each([
    ['the database is away', new QueryRunnerAlreadyReleasedError(), true],
    ['its disk is full', new QueryFailedError('INSERT', [], coded('53100')), true],
    ['the log has no room', new CodedError('STORAGE_FULL', 'The disk is full.', {}, 507), true],
    ['it was refused', new CodedError('ALERT_RESOLVED', 'The alert is resolved already.', {}, 409), false],
    ['the statement is wrong', new QueryFailedError('SELEKT', [], coded('42601')), false],
  ])('is told from what never can be: %s', (_what, thrown, expected) => {
    expect(cannotBeWritten(thrown)).toBe(expected);
  });
});
