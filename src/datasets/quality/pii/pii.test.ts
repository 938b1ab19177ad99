import { growsInProportion } from '../../../../test/support/cpu-time.js';
import { findPii } from './find-pii.js';
import type { PiiKind } from './finding.js';

const kindsIn = (text: string) => findPii(text).map(({ kind }) => kind);

/** Examples that issuers, standards and card networks publish. */
const PUBLISHED: readonly (readonly [PiiKind, readonly string[]])[] = [
  [
    'card',
    [
      '4111111111111111',
      '4111 1111 1111 1111',
      '5555-5555-5555-4444',
      '378282246310005',
      '3782 822463 10005',
      '6011111111111117',
      '30569309025904',
      '3530111333300000',
      '2223003122003222',
    ],
  ],
  [
    'iban',
    [
      'GB82 WEST 1234 5698 7654 32',
      'DE89370400440532013000',
      'DE89 3704 0044 0532 0130 00',
      'FR1420041010050500013M02606',
      'NO9386011117947',
      'MT84MALT011000012345MTLCAST001S',
    ],
  ],
  [
    'national-id',
    [
      '219-09-9999',
      'my social security number: 219 09 9999',
      '36574261809',
      '86 095 742 719',
      '2 95 10 99 126 111 93',
      '295109912611193',
      '54362315K',
      '12345678-Z',
      'X2482300W',
      'Y-1234567-X',
      '44051401458',
      '02070803628',
      '390.533.447-05',
      '52998224725',
      '85.07.30-033 28',
      '811218-9876',
      '756.9217.0769.85',
      'BSN 111222333',
      '17291716060',
      'SIN: 123-456-782',
      '2341 2341 2346',
      '971013-9019902',
      '131052-308T',
      '11010519491231002X',
      'RCCMNL83S18D969H',
      'AB 12 34 56 C',
    ],
  ],
  [
    'email',
    [
      'ada.lovelace@analytical.co.uk',
      'x+tag@mail.analytical.io',
      'josé@correo.es',
      'ada [at] analytical [dot] org',
      'ada(at)analytical.org',
      'write to <ada@analytical.org>.',
    ],
  ],
  [
    'phone',
    [
      '+1 212 736 5000',
      '+49 30 901820',
      '+33 (0)1 42 76 40 40',
      '0044 20 7946 0958',
      '(212) 736-5000',
      '212-736-5000',
      '212.736.5000',
      '01 42 76 40 40',
      '030/9018200',
      '020 7946 0958',
      'phone 2127365000',
      'Tel.: 0309018200',
      'móvil 612 34 56 78',
      'call me at 736-5000',
    ],
  ],
  [
    'ip-address',
    ['81.2.69.142', '2a00:1450:4001:81b::200e', 'from 8.8.4.4:53', '2001:4860:4860:0:0:0:0:8888'],
  ],
  [
    'name',
    [
      'My name is Ada Lovelace and I count.',
      'Ich heiße Konrad.',
      "Je m'appelle Blaise Pascal.",
      'Me llamo Ramón.',
      'Ask Dr. Lovelace.',
      'Frau Müller wohnt hier.',
      'Меня зовут Софья.',
    ],
  ],
];

describe.each(PUBLISHED)('%s', (kind, samples) => {
  it.each(samples)('is found in %p', (sample) => {
    expect(kindsIn(sample)).toEqual([kind]);
    expect(kindsIn(`Before (${sample}), after: ${sample}.`)).toEqual([kind, kind]);
  });
});

it.each([
  'Order 4111111111111112 was sent on 2024-01-02 at 12:34:56.',
  'GB82 WEST 1234 5698 7654 33 and DE00370400440532013000',
  'SSN 000-12-3456, 666-12-3456, 912-12-3456, 123-00-4567, 123-45-0000',
  '36574261808 44051401459 529.982.247-26 12345678A 131052-308U RCCMNL83S18D969I GB123456C',
  'Page 12 of 345, ISBN 978-3-16-148410-0, 1,234,567.89 dollars, 50 % of 1 000 000',
  'Pi is 3.14159265358979, e is 2.718281828459045.',
  'Version 1.2.3.4 listens on 127.0.0.1, 192.168.1.1, 10.0.0.7 and ::1; the manual says 203.0.113.9.',
  'std::vector a::b 12:34:56 ab:cd:ef',
  'user@localhost, me@example.com, a@b, @someone, 3 @ 4, decorator @Injectable()',
  'For fiction: 212-555-0123. In 1999-2000 and 2010-2011 it rained.',
  'The doctor said his name is secret. Mr. President, the name is nothing.',
  'What is 212 + 736? 212 + 736 = 948. Convert 5000 m to km.',
  'commit 4111111111111111abc, id_4111111111111111',
  '111222333 bottles and 123-456-782 more',
])('nothing is found in %p', (text) => {
  expect(findPii(text)).toEqual([]);
});

it('gives places that do not overlap', () => {
  const text = 'Mail ada@analytical.org or call +49 30 901820; card 4111 1111 1111 1111.';
  expect(findPii(text).map(({ start, end }) => text.slice(start, end))).toEqual([
    'ada@analytical.org',
    '+49 30 901820',
    '4111 1111 1111 1111',
  ]);
});

const MEGABYTE = 1_000_000;
it.each([
  '1',
  '1 ',
  '123 ',
  '12-',
  '4111 ',
  '6123456789 ',
  '2127365000 phone ',
  'a',
  '@',
  'a@',
  'a@a.',
  'a.',
  '(at)',
  '+1',
  '+1 ',
  '00 0',
  'GB82',
  'GB82 ',
  'A1 ',
  '1.',
  '1.1.1.',
  'a:',
  '::',
  '2a00:',
  'Mr. ',
  'Mr. Aa ',
  'My name is ',
  'Aa ',
  'X1234567',
  'ABCDEF12A34B567',
  'tel ',
  '12345678',
  '131052-308',
])('takes linear time for a megabyte of %p', (piece) => {
  const text = (share: number) => piece.repeat((share * MEGABYTE) / piece.length);
  const [part, whole] = [text(1 / 8), text(1)];
  expect(growsInProportion((share) => findPii(share < 1 ? part : whole))).toBe(true);
});
