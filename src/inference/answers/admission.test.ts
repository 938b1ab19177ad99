import fc from 'fast-check';
import { LoadShedding } from '../../common/autonomy/load-shedding.js';
import { unwrap } from '../../common/index.js';
import { AdmissionQueue, type Admission } from './admission.js';
import { Throughput } from './throughput.js';

const at = (time: { now: number }) => new Throughput({ now: () => time.now });

describe('admission', () => {
  it('never lets more in than there is room for, whoever comes and goes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 4 })), { maxLength: 60 }),
        (steps) => {
          const sut = new AdmissionQueue({ streams: 3, maxQueue: 2 }, at({ now: 0 }));
          const inside: { admission: Admission; answers: number }[] = [];
          for (const [enter, answers] of steps) {
            const before = inside.reduce((sum, entry) => sum + entry.answers, 0);
            expect(sut.size).toBe(before);
            expect(sut.waiting).toBe(Math.max(0, before - 3));
            if (!enter) {
              const left = inside.shift();
              left?.admission.release();
              left?.admission.release();
              continue;
            }
            const admitted = sut.admit(answers, 10);
            expect(admitted.ok).toBe(before + answers <= 5);
            if (admitted.ok) inside.push({ admission: admitted.value, answers });
          }
        },
      ),
    );
  });

  it('lets nobody in while load is shed, and says for how long', () => {
    const shedding = new LoadShedding();
    const sut = new AdmissionQueue({ streams: 3, maxQueue: 2 }, at({ now: 0 }), shedding);
    unwrap(sut.admit(1, 10));
    shedding.begin(2_000, 'the processors are busy', 'guardian');
    shedding.begin(4_500, 'memory is short', 'server');
    const refused = sut.admit(1, 10);
    expect(!refused.ok && refused.error).toMatchObject({
      ...{ code: 'LOAD_SHED', status: 503, facts: { retryAfter: 5 } },
      message: expect.stringContaining('memory is short'),
    });
    expect(sut.size).toBe(1);
    expect(shedding.end('server')).toBe(true);
    expect(sut.admit(1, 10)).toMatchObject({ error: { facts: { retryAfter: 2 } } });
    expect([shedding.end('guardian'), shedding.end('guardian')]).toEqual([true, false]);
    expect(sut.admit(1, 10).ok).toBe(true);
  });

  it('tells when to come back from what is to be done and how fast it goes', () => {
    const time = { now: 10_000 };
    const throughput = at(time);
    const sut = new AdmissionQueue({ streams: 2, maxQueue: 0 }, throughput);
    expect(sut.retryAfterSeconds()).toBe(1);
    unwrap(sut.admit(2, 400));
    throughput.add(40);
    const refused = sut.admit(1, 1);
    expect(!refused.ok && refused.error.facts.retryAfter).toBe(10);
    throughput.add(100_000);
    expect(sut.retryAfterSeconds()).toBe(1);
  });
});

describe('throughput', () => {
  it('counts the tokens of the last ten seconds in which any were made', () => {
    const time = { now: 100_000 };
    const sut = at(time);
    expect(sut.perSecond()).toBe(0);
    sut.add(30);
    sut.add(20);
    time.now += 1_000;
    expect(sut.lastSecond()).toBe(50);
    sut.add(100);
    expect(sut.perSecond()).toBe(75);
    time.now += 9_500;
    expect(sut.perSecond()).toBe(100);
    time.now += 60_000;
    expect([sut.perSecond(), sut.lastSecond()]).toEqual([0, 0]);
  });
});
