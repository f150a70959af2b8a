import type { Reason } from '@oodate/planner';

/** What reasons are told under, in this order. */
export const reasonGroups = ['earlier runs', 'command and environment', 'inputs', 'outputs'] as const;

export type ReasonGroup = (typeof reasonGroups)[number];

export function groupOf(reason: Reason): ReasonGroup {
  return groups[reason.kind];
}

const groups: Readonly<Record<Reason['kind'], ReasonGroup>> = {
  'no-record': 'earlier runs',
  'record-damaged': 'earlier runs',
  'record-foreign': 'earlier runs',
  'last-run-failed': 'earlier runs',
  'last-run-unfinished': 'earlier runs',
  'last-run-incomplete': 'earlier runs',
  'network-used': 'earlier runs',
  forced: 'earlier runs',
  'command-changed': 'command and environment',
  'directory-changed': 'command and environment',
  'variable-changed': 'command and environment',
  'standard-input-changed': 'command and environment',
  'input-changed': 'inputs',
  'input-newer': 'inputs',
  'input-gone': 'inputs',
  'input-appeared': 'inputs',
  'extra-input-new': 'inputs',
  'looked-at-changed': 'inputs',
  'link-changed': 'inputs',
  'listing-changed': 'inputs',
  'changed-while-running': 'inputs',
  'input-unreadable': 'inputs',
  'output-not-recorded': 'outputs',
  'output-gone': 'outputs',
  'output-changed': 'outputs',
  'removed-came-back': 'outputs',
};
