import { createTheme, type ButtonProps, type MantineColorsTuple } from '@mantine/core';

const teal: MantineColorsTuple = [
  '#e7f3f2',
  '#cfe5e3',
  '#a4cdca',
  '#76b4b1',
  '#4f9f9b',
  '#33908c',
  '#1d7c79',
  '#0b5d5f',
  '#084b4d',
  '#053a3c',
];

/** The dashboard's Mantine theme: one accent, square corners, no shadows, motion under 200 ms. */
export const theme = createTheme({
  primaryColor: 'teal',
  colors: { teal },
  primaryShade: { light: 7, dark: 6 },
  fontFamily: "'Inter', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono', ui-monospace, monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.125rem' }, h2: { fontSize: '0.9375rem' } } },
  defaultRadius: 'xs',
  radius: { xs: '3px', sm: '4px', md: '6px' },
  breakpoints: { xs: '25em', sm: '40em', md: '62em', lg: '75em', xl: '88em' },
  shadows: { xs: 'none', sm: 'none', md: '0 8px 24px rgb(0 0 0 / 14%)', lg: '0 12px 32px rgb(0 0 0 / 18%)' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: {
      // A button without a variant takes the theme's accent, and the library writes white on it, dark theme or not.
      vars: (_theme: unknown, { variant, color }: ButtonProps) => ({
        root: variant === undefined && color === undefined ? { '--button-color': 'var(--on-accent)' } : {},
      }),
    },
    Drawer: { defaultProps: { transitionProps: { duration: 160 } } },
    Modal: { defaultProps: { transitionProps: { duration: 120 } } },
    Tooltip: {
      defaultProps: {
        transitionProps: { duration: 100 },
        openDelay: 300,
        events: { hover: true, focus: true, touch: false },
      },
    },
  },
});
