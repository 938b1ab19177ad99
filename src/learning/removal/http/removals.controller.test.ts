import type { Identity, IdentifiedRequest } from '../../../auth/index.js';
import { CodedError, err } from '../../../common/index.js';
import type { RemovalAsker, RemovalDesk } from '../removal-desk.js';
import type { RemovalStore } from '../removal-store.js';
import type { RemovalWorker } from '../removal-worker.js';
import { RemovalsController } from './removals.controller.js';

describe('who asks that an expert be left out', () => {
  it.each<[boolean, string, Identity | undefined]>([
    [true, 'a guardian in person', { subject: 'ada', roles: ['guardian'] }],
    [true, 'an admin', { subject: 'local', roles: ['admin'] }],
    [
      true,
      'a key with that scope',
      { subject: 'ada', roles: ['guardian'], scopes: ['chain:write', 'guardian'] },
    ],
    [false, 'a key without that scope', { subject: 'ada', roles: ['guardian'], scopes: ['chain:write'] }],
    [false, "an admin's key without it", { subject: 'ada', roles: ['admin'], scopes: ['chain:write'] }],
    [false, 'a contributor', { subject: 'bob', roles: ['contributor'] }],
    [false, 'nobody', undefined],
  ])('may have any left out: %s, as %s', async (mayAll, _, identity) => {
    const asked: RemovalAsker[] = [];
    const desk = {
      ask: (asker: RemovalAsker) => {
        asked.push(asker);
        return Promise.resolve(err(new CodedError('SEEN', 'that is enough')));
      },
    } as unknown as RemovalDesk;
    const sut = new RemovalsController(desk, {} as RemovalStore, {} as RemovalWorker);
    const request = { identity } as IdentifiedRequest;
    const ask = { model: 'genesis', experts: ['layer0.expert0'], reason: 'because' };
    await expect(sut.ask(ask, request, {} as never)).rejects.toMatchObject({ code: 'SEEN' });
    expect(asked).toEqual([{ account: identity?.subject ?? 'anonymous', mayAll }]);
  });
});
