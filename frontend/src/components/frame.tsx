import { AppShell, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { IconMoon, IconSearch, IconSun, IconUser } from '@tabler/icons-react';
import { NavLink } from 'react-router';
import { useMe } from '../hooks/account.js';
import { useLiveConnection } from '../hooks/live.js';
import styles from './frame.module.css';
import { pages } from './page-list.js';
import { Search } from './search.js';
import { StatusBar } from './status-bar.js';

/** Everything around a page: status bar, navigation rail (bottom bar under 640 px), search. */
export function Frame({ children }: { children: React.ReactNode }) {
  useLiveConnection();
  return (
    <AppShell
      header={{ height: 36 }}
      navbar={{ width: 76, breakpoint: 'sm', collapsed: { mobile: true } }}
      footer={{ height: { base: 56, sm: 0 } }}
      withBorder={false}
    >
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      <AppShell.Header className={styles.header}>
        <StatusBar />
      </AppShell.Header>
      <AppShell.Navbar className={styles.navbar} aria-label="Pages" visibleFrom="sm">
        <div className={styles.rail}>
          <PageLinks />
          <div className={styles.spacer} />
          <AccountLink />
          <button
            type="button"
            className={styles.link}
            onClick={spotlight.open}
            aria-keyshortcuts="Control+K Meta+K"
          >
            <IconSearch size={20} stroke={1.6} aria-hidden />
            Search
          </button>
          <SchemeSwitch />
        </div>
      </AppShell.Navbar>
      <AppShell.Main className={styles.main} id="main" tabIndex={-1}>
        {children}
      </AppShell.Main>
      <AppShell.Footer className={styles.footer} hiddenFrom="sm">
        <nav className={styles.bar} aria-label="Pages">
          <PageLinks />
          <AccountLink />
        </nav>
      </AppShell.Footer>
      <Search />
    </AppShell>
  );
}

function PageLinks() {
  return pages.map(({ path, label, icon: Icon }) => (
    <NavLink key={path} to={path} end={path === '/'} className={styles.link}>
      <Icon size={20} stroke={1.6} aria-hidden />
      {label}
    </NavLink>
  ));
}

/** The way to the own account, or to sign in; nothing where everybody may do everything. */
function AccountLink() {
  const me = useMe().data;
  if (me === undefined || me.single_user) return null;
  const signedIn = me.account !== null;
  return (
    <NavLink to={signedIn ? '/account' : '/sign-in'} className={styles.link}>
      <IconUser size={20} stroke={1.6} aria-hidden />
      {signedIn ? 'Account' : 'Sign in'}
    </NavLink>
  );
}

/** Light or dark; follows the system until it is pressed once. */
function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const Icon = scheme === 'dark' ? IconSun : IconMoon;
  return (
    <button
      type="button"
      className={styles.link}
      onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
    >
      <Icon size={20} stroke={1.6} aria-hidden />
      {scheme === 'dark' ? 'Light' : 'Dark'}
    </button>
  );
}
