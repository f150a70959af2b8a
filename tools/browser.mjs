import { chromium } from 'playwright-core';
import { findProgram, ToolError } from './programs.mjs';

/** Debian's browser, with nothing of a user's in it. The caller closes it. */
export function openBrowser() {
  const executablePath = findProgram('chromium');
  if (executablePath === undefined)
    throw new ToolError('NO_BROWSER', 'there is no chromium here', 'run as root: apt-get install chromium');
  return chromium.launch({ executablePath, args: browserArguments });
}

const browserArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
