import { ActionRegistry } from './action-registry.js';
import type { DecisionAction } from './decision-action.js';
import { modelName, numberIn, optional, readParameters, releaseVersion } from './parameter-rules.js';
import { liveStory, type PromotionLeaf } from './rollback.js';

const rules = { model: modelName, version: releaseVersion, share: optional(numberIn(0, 1)) };

describe('parameters of actions', () => {
  it('are read as they must be', () => {
    const given = { model: 'genesis', version: '1.0.0' };
    expect(readParameters(given, rules)).toEqual({ ok: true, value: given });
    expect(readParameters({ ...given, share: 0.5 }, rules)).toMatchObject({ value: { share: 0.5 } });
  });

  it.each([
    [{ model: 'genesis' }, 'version'],
    [{ model: '../x', version: '1.0.0' }, 'model'],
    [{ model: 'genesis', version: 'latest' }, 'version'],
    [{ model: 'genesis', version: '1.0.0', share: 2 }, 'share'],
    [{ model: 'genesis', version: '1.0.0', share: '0.5' }, 'share'],
    [{ model: 'genesis', version: '1.0.0', force: true }, 'force'],
    [{ ['__proto__']: 1, model: 'genesis', version: '1.0.0' }, '__proto__'],
  ])('refuse %j by name', (given, parameter) => {
    expect(readParameters(given as never, rules)).toMatchObject({
      ...{ ok: false, error: { code: 'PARAMETERS_INVALID', facts: { parameter } } },
    });
  });
});

describe('the registry of actions', () => {
  const action = (type: string, name: string) => ({ type, name }) as DecisionAction;

  it('finds by type and name, and for an override by name alone', () => {
    const sut = new ActionRegistry();
    sut.register(action('deployment', 'promote'));
    expect(sut.of('deployment', 'promote').ok).toBe(true);
    expect(sut.of('guardian_override', 'promote').ok).toBe(true);
    expect(sut.of('scaling', 'promote')).toMatchObject({ ok: false, error: { code: 'ACTION_UNKNOWN' } });
    expect(() => sut.register(action('scaling', 'promote'))).toThrow('exists already');
  });
});

describe('the story of what was live', () => {
  const leaf = (hash: string): PromotionLeaf => ({ hash, time: 1 });
  const story = (...hashes: string[]) => liveStory(hashes.map(leaf)).map(({ hash }) => hash);

  it('forgets what was gone back from, so that going back twice goes further back', () => {
    expect(story('a', 'b', 'c')).toEqual(['a', 'b', 'c']);
    expect(story('a', 'b', 'c', 'b')).toEqual(['a', 'b']);
    expect(story('a', 'b', 'c', 'b', 'a')).toEqual(['a']);
    expect(story('a', 'b', 'a', 'c')).toEqual(['a', 'c']);
    expect(story()).toEqual([]);
  });
});
