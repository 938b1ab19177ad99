/**
 * What a licence means for training and passing on: `allowed` asks at most for attribution, `copyleft` asks that what is
 * made of it stays under the same terms, `restricted` forbids changes or paid use, `unknown` is not in the list.
 */
export type LicenceClass = 'allowed' | 'copyleft' | 'restricted' | 'unknown';

const idsOf = (text: string): string[] => text.trim().split(/\s+/);
const versions = (name: string, numbers: string, ...endings: string[]): string[] =>
  numbers
    .split(' ')
    .flatMap((number) => (endings.length === 0 ? [''] : endings).map((end) => `${name}-${number}${end}`));

const GNU = ['', '-only', '-or-later'];
const CREATIVE_COMMONS = '1.0 2.0 2.5 3.0 4.0';

const ALLOWED = [
  ...idsOf(`
    0BSD AFL-2.1 AFL-3.0 Apache-1.0 Apache-1.1 Apache-2.0 Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause
    BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-Clear BSD-4-Clause BSL-1.0 BSD-3-Clause-LBNL C-UDA-1.0 CC0-1.0 CC-PDDC
    CDLA-Permissive-1.0 CDLA-Permissive-2.0 curl DL-DE-BY-2.0 DL-DE-ZERO-2.0 ECL-2.0 EFL-2.0 etalab-2.0 Fair FTL HPND ICU
    IJG ImageMagick ISC Libpng libtiff MIT MIT-0 MIT-Modern-Variant MIT-CMU MS-PL MulanPSL-2.0 NCSA NLOD-1.0 NLOD-2.0 NTP
    O-UDA-1.0 ODC-By-1.0 OGC-1.0 OGL-Canada-2.0 OGL-UK-1.0 OGL-UK-2.0 OGL-UK-3.0 OLDAP-2.8 OpenSSL PDDL-1.0 PHP-3.0
    PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 Ruby TCL Unicode-3.0 Unicode-DFS-2015 Unicode-DFS-2016 Unlicense UPL-1.0 Vim
    W3C WTFPL X11 Xnet Zlib ZPL-2.0 ZPL-2.1`),
  ...versions('CC-BY', CREATIVE_COMMONS),
];
const COPYLEFT = [
  ...versions('AGPL', '1.0 3.0', ...GNU),
  ...versions('GPL', '1.0 2.0 3.0', ...GNU),
  ...versions('LGPL', '2.0 2.1 3.0', ...GNU),
  ...versions(
    'GFDL',
    '1.1 1.2 1.3',
    '',
    '-only',
    '-or-later',
    '-no-invariants-only',
    '-no-invariants-or-later',
  ),
  ...versions('CC-BY-SA', CREATIVE_COMMONS),
  ...idsOf(`
    APSL-2.0 CAL-1.0 CDDL-1.0 CDDL-1.1 CDLA-Sharing-1.0 CECILL-2.0 CECILL-2.1 CECILL-C CPL-1.0 EPL-1.0 EPL-2.0 EUPL-1.0
    EUPL-1.1 EUPL-1.2 IPL-1.0 LPPL-1.3c MPL-1.0 MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception MS-RL ODbL-1.0 OFL-1.0
    OFL-1.1 OSL-2.1 OSL-3.0 QPL-1.0 Sleepycat`),
];
const RESTRICTED = [
  ...['CC-BY-NC', 'CC-BY-ND', 'CC-BY-NC-ND', 'CC-BY-NC-SA'].flatMap((name) =>
    versions(name, CREATIVE_COMMONS),
  ),
  ...idsOf(
    'BUSL-1.1 Elastic-2.0 Hippocratic-2.1 JSON PolyForm-Noncommercial-1.0.0 PolyForm-Small-Business-1.0.0 SSPL-1.0',
  ),
];

/** Additions to a licence that only ever permit more. */
const EXCEPTIONS = idsOf(`
  Autoconf-exception-2.0 Autoconf-exception-3.0 Bison-exception-2.2 Classpath-exception-2.0 Font-exception-2.0
  GCC-exception-2.0 GCC-exception-3.1 LLVM-exception Libtool-exception Linux-syscall-note OpenJDK-assembly-exception-1.0
  Qt-LGPL-exception-1.1 Universal-FOSS-exception-1.0 WxWindows-exception-3.1`);

const CLASSES = new Map<string, LicenceClass>([
  ...ALLOWED.map((id) => [id.toLowerCase(), 'allowed'] as const),
  ...COPYLEFT.map((id) => [id.toLowerCase(), 'copyleft'] as const),
  ...RESTRICTED.map((id) => [id.toLowerCase(), 'restricted'] as const),
]);
const KNOWN_EXCEPTIONS = new Set(EXCEPTIONS.map((id) => id.toLowerCase()));

/** The class of an identifier of the SPDX licence list, in any case. Identifiers of one's own (`LicenseRef-…`) are unknown. */
export function classOfLicence(id: string): LicenceClass {
  return CLASSES.get(id.toLowerCase()) ?? 'unknown';
}

/** Whether an exception's identifier is known, in any case. */
export function isKnownException(id: string): boolean {
  return KNOWN_EXCEPTIONS.has(id.toLowerCase());
}
