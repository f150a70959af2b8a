import { findProgram, runQuietly } from './programs.mjs';

/** The line that a user can type to install them. */
export function aptLine(packages) {
  return `apt-get install ${packages.join(' ')}`;
}

/**
 * Installs Debian packages where that can be done without asking: apt is there
 * and this is root. False if it cannot be done or did not work; what apt said
 * is then on stderr.
 */
export function installPackages(packages, purpose, say) {
  if (process.getuid?.() !== 0 || findProgram('apt-get') === undefined) return false;
  say(`Installing ${packages.join(', ')}, which ${purpose}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // A fresh machine has no package lists, and old lists name versions that the mirror no longer has.
  return (
    runQuietly('apt-get', ['update', '-q'], { env }) &&
    runQuietly('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], { env })
  );
}
