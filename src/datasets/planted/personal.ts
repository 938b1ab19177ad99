import { type Random } from '../generators/index.js';

const GIVEN = [
  'Anna',
  'Boris',
  'Carmen',
  'David',
  'Elena',
  'Farid',
  'Greta',
  'Henrik',
  'Ines',
  'Jonas',
  'Katya',
  'Luca',
];
const FAMILY = [
  'Berger',
  'Costa',
  'Dubois',
  'Eriksson',
  'Fischer',
  'Garcia',
  'Hansen',
  'Ivanova',
  'Jansen',
  'Kowalski',
  'Moretti',
];
const HOSTS = ['postbox.net', 'mailhaus.de', 'correo.es', 'webpost.co.uk', 'fastmail.io', 'courriel.fr'];

const digits = (random: Random, count: number) =>
  Array.from({ length: count }, () => random.int(0, 9)).join('');

/** Luhn's last digit, written down apart from the check that is to be measured. */
function withLuhn(body: string): string {
  const sum = [...body].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return total + Math.floor(value / 10) + (value % 10);
  }, 0);
  return body + ((10 - (sum % 10)) % 10);
}

/** Check digits of an IBAN by the long way: big integers. */
function iban(country: string, account: string): string {
  const numeric = Array.from(`${account}${country}00`, (character) => parseInt(character, 36)).join('');
  return `${country}${String(98n - (BigInt(numeric) % 97n)).padStart(2, '0')}${account}`;
}

const spaced = (text: string) => text.replace(/(.{4})(?=.)/g, '$1 ');
const name = (random: Random) => `${random.pick(GIVEN)} ${random.pick(FAMILY)}`;

/** Sentences with made-up personal data, in the ways people write them. */
export const PERSONAL: readonly ((random: Random) => string)[] = [
  (random) =>
    `Write to ${name(random).toLowerCase().replace(' ', '.')}${random.int(1, 99)}@${random.pick(HOSTS)} for details.`,
  (random) =>
    `My mail is ${random.pick(GIVEN).toLowerCase()} [at] ${random.pick(HOSTS).replace('.', ' [dot] ')}.`,
  (random) => `The card ${spaced(withLuhn(`4${digits(random, 14)}`))} was charged twice.`,
  (random) => `Paid with ${withLuhn(`5${random.int(1, 5)}${digits(random, 13)}`)} on Monday.`,
  (random) => `Please transfer it to ${spaced(iban('DE', digits(random, 18)))}.`,
  (random) => `Konto: ${iban('NL', `ABNA${digits(random, 10)}`)}`,
  (random) => `Her number is +49 ${random.int(151, 179)} ${digits(random, 8)}, call in the evening.`,
  (random) => `Ring me on (${random.int(212, 989)}) ${random.int(200, 554)}-${digits(random, 4)} after six.`,
  (random) =>
    `Joindre le secrétariat au 0${random.int(1, 7)} ${Array.from({ length: 4 }, () => digits(random, 2)).join(' ')}.`,
  (random) => `phone: ${random.int(212, 989)}${random.int(200, 554)}${digits(random, 4)}`,
  (random) => `SSN ${random.int(100, 665)}-${random.int(10, 99)}-${random.int(1000, 9999)} is on file.`,
  (random) => spanishId(random),
  (random) =>
    `He logged in from ${random.int(11, 99)}.${random.int(0, 255)}.${random.int(0, 255)}.${random.int(1, 254)} at noon.`,
  (random) => `My name is ${name(random)} and I live around the corner.`,
  (random) =>
    `Please ask ${random.pick(['Dr.', 'Mrs.', 'Mr.', 'Herr', 'Frau'])} ${random.pick(FAMILY)} about it.`,
];

function spanishId(random: Random): string {
  const number = random.int(10_000_000, 99_999_999);
  return `El DNI ${number}${'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]} ha caducado.`;
}

/** Sentences that look like personal data and are none. */
export const IMPERSONAL: readonly ((random: Random) => string)[] = [
  (random) => `Order ${digits(random, 10)} was sent on 2024-0${random.int(1, 9)}-1${random.int(0, 9)}.`,
  (random) =>
    `The invoice ${random.int(1000, 9999)}-${digits(random, 4)}-${digits(random, 4)}-${digits(random, 3)} is paid.`,
  (random) => `Article ${digits(random, 16)} is out of stock.`,
  (random) =>
    `Version ${random.int(1, 9)}.${random.int(0, 20)}.${random.int(0, 20)}.${random.int(1, 300)} fixes it; the host is 192.168.0.${random.int(1, 254)}.`,
  (random) =>
    `The sum is ${random.int(1, 999)},${digits(random, 3)},${digits(random, 3)}.${digits(random, 2)} euros at 12:${random.int(10, 59)}:07.`,
  (random) => `Use user${random.int(1, 99)}@example.com in the manual, and @decorators in the code.`,
  (random) =>
    `Between 19${random.int(10, 99)} and 20${random.int(10, 24)} about ${digits(random, 7)} trees were planted.`,
  (random) =>
    `The build ${digits(random, 12)} took ${random.int(2, 90)} s; pi is 3.14159265${digits(random, 6)}.`,
  () => 'The doctor asked for the name of the street and the number of the house.',
];
