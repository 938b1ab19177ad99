/** How the compiler of AssemblyScript makes the kernel of its source. */
export const KERNEL_OPTIONS = [
  ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd,threads', '--disableWarning', '112'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '2', '--maximumMemory', '65536'],
];
