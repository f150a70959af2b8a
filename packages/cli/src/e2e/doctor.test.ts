import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { oodate, type Result, requireTool, type Workspace, workspace } from '@oodate/testkit';

const isRoot = process.getuid?.() === 0;

test('says what works here', async () => {
  const { status, stdout } = await workspace({ 'package.json': '{}' }).oodate('doctor');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^yes +node +v\d+/m);
  expect(stdout).toMatch(/^yes +probe +\/.*oodate-probe$/m);
  expect(stdout).toMatch(/^yes +notify +/m);
  expect(stdout).toMatch(/^yes +meta files +are kept in .*\.oodate$/m);
});

test('says of each way to see who changes files whether it works', async () => {
  const { stdout } = await workspace().oodate('doctor');
  expect(stdout).toMatch(/^yes +monitor +inotify: .*not who did it/m);
  if (!isRoot) return;
  expect(stdout).toMatch(/^yes +monitor +fanotify: /m);
  const under = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  const other = await workspace().oodateWith({ under }, 'doctor');
  expect(other.stdout).toMatch(
    /^no +monitor +bpf: .*; .*\n.*^no +monitor +fanotify: .*CAP_SYS_ADMIN; run it as root$/ms,
  );
  expect(other.stdout).toMatch(/^yes +monitor +inotify: /m);
});

test('says what a missing capability means', async () => {
  const under = isRoot ? ['setpriv', '--bounding-set=-sys_admin'] : [];
  const without = await workspace().oodateWith({ under }, 'doctor');
  expect(without.status).toBe(0);
  expect(without.stdout).toMatch(
    /^yes +notify .*\n(but .*\n)*but +without CAP_SYS_ADMIN, sudo .*; run oodate as root/m,
  );
  if (isRoot) expect((await workspace().oodate('doctor')).stdout).not.toContain('CAP_SYS_ADMIN');
});

// What changes files of the checkout does so in a mount namespace, on a copy in memory.
(isRoot && requireTool('setcap') && requireTool('libbpf') && requireTool('clang') ? describe : describe.skip)(
  'where root may grant capabilities,',
  () => {
    const checkout = join(dirname(oodate), '../../..');
    const program = relative(checkout, oodate);
    const build = 'packages/tracer/native/build';
    let space: Workspace;

    beforeEach(() => {
      space = workspace({ 'package.json': '{}', in: 'x' });
      chmodSync(space.folder, 0o777);
      mkdirSync(space.path('checkout'));
      mkdirSync(space.path('copy'));
    });

    /** Runs lines of shell in which `oodate` is that of a copy, and `other WORD…` runs as another user. */
    const shell = (lines: readonly string[], { memory = 'tmpfs', before = '' } = {}): Promise<Result> =>
      space.run([
        'unshare',
        '--mount',
        '--propagation=private',
        'sh',
        '-c',
        [
          'set -e',
          `mount -t ${memory} none copy; chmod 755 copy`,
          `cp ${join(checkout, build)}/oodate-* copy`,
          `mount --bind ${checkout} checkout`,
          `mount --bind copy checkout/${build}`,
          `oodate() { ${space.path(join('checkout', program))} "$@"; }`,
          `other() { setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; }`,
          `otherOodate() { other ${space.path(join('checkout', program))} "$@"; }`,
          `loader=checkout/${build}/oodate-probe-bpf`,
          'export PATH="$PATH:/usr/sbin"',
          before,
          'set +e',
          ...lines,
        ].join('\n'),
      ]);

    const loader = `.*/checkout/${build}/oodate-probe-bpf`;

    test('root has bpf chosen', async () => {
      const { status, stdout } = await shell(['oodate doctor']);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^yes +chosen +bpf; --backend notify works, too$/m);
    });

    test('others have notify, which is no failure, and are shown what root does', async () => {
      const plain = await shell(['otherOodate doctor']);
      expect(plain.status).toBe(0);
      expect(plain.stdout).toMatch(
        /^no +bpf +bpf needs root, or CAP_BPF and CAP_PERFMON on oodate-probe-bpf; oodate doctor --fix grants them once$/m,
      );
      expect(plain.stdout).toMatch(/^yes +chosen +notify$/m);

      const fix = await shell(['otherOodate doctor --fix --yes', 'echo "$?"', 'getcap "$loader"']);
      expect(fix.stdout).toMatch(new RegExp(`^ {2}sudo setcap cap_bpf,cap_perfmon=ep ${loader}$`, 'm'));
      expect(fix.stdout).toMatch(new RegExp(`^ {2}sudo chmod 750 ${loader}$`, 'm'));
      expect(fix.stdout).toMatch(new RegExp(`^ {2}sudo setcap -r ${loader}$`, 'm'));
      expect(fix.stdout).toMatch(/\n1\n$/);
      expect(fix.stderr).toBe('');

      const run = await shell(['otherOodate trace --backend bpf -o log -- touch ran', 'echo "$?"']);
      expect(run.stderr).toBe(
        'oodate: bpf needs root, or CAP_BPF and CAP_PERFMON on oodate-probe-bpf; oodate doctor --fix grants them once\n',
      );
      expect(run.stdout).toBe('125\n');
      expect(space.exists('ran')).toBe(false);
    });

    test('others have bpf once root has granted it, until that is undone', async () => {
      const { stdout, stderr } = await shell([
        'oodate doctor --fix --yes && otherOodate doctor && otherOodate doctor --fix',
        'otherOodate trace --backend bpf -o log -- cat in',
        'setcap -r "$loader"',
        'otherOodate doctor',
      ]);
      expect(stderr).toBe('');
      expect(stdout).toMatch(
        new RegExp(
          `^done: others than root can use bpf now; to undo it: setcap -r ${loader}$` +
            '[\\s\\S]*^yes +chosen +bpf; --backend notify works, too$' +
            `[\\s\\S]*^bpf works for this user already; to undo that: sudo setcap -r ${loader}$` +
            '[\\s\\S]*^yes +chosen +notify$',
          'm',
        ),
      );
      expect(space.read('log')).toContain(`${space.path('in')}\n`);
    });

    test('a group can be the only one that may', async () => {
      // In this order, since a change of the group takes the capabilities away.
      const { stdout, stderr } = await shell([
        'chgrp 65534 "$loader" && chmod 750 "$loader"',
        'oodate doctor --fix --yes',
        'otherOodate doctor',
        'setpriv --reuid=65533 --regid=65533 --clear-groups -- checkout/packages/cli/bin/oodate doctor',
      ]);
      expect(stderr).toBe('');
      expect(stdout).toMatch(
        /^yes +chosen +bpf;[\s\S]*^no +bpf +this user may not execute oodate-probe-bpf; /m,
      );
    });

    test('nothing is done without a yes', async () => {
      const { stdout, stderr, status } = await shell(['oodate doctor --fix; echo "$?"; getcap "$loader"']);
      expect(stdout).toMatch(/\n2\n$/);
      expect(stderr).toBe('oodate: nothing was changed, as nobody can be asked; give --yes\n');
      expect(status).toBe(0);
    });

    test.each([
      {
        when: 'setcap is missing',
        before: 'mount -t tmpfs none /usr/sbin',
        says: 'setcap could not be started (ENOENT); install it: apt-get install libcap2-bin',
      },
      {
        when: 'the file system keeps no capabilities',
        memory: 'ramfs',
        says: `the file system of ${loader} keeps no capabilities (ENOTSUP); install oodate on one that does, or run it as root`,
      },
      {
        when: 'the loader was not built',
        before: 'rm "$loader"',
        says: 'the probe was built without bpf, as there was no clang or no libbpf; install clang and libbpf-dev, and build the probe again',
      },
      {
        when: 'the kernel would refuse it all the same',
        before: 'mount -t tmpfs none /sys/kernel/btf',
        says: 'the kernel does not describe its structures (no /sys/kernel/btf/vmlinux); use a kernel built with CONFIG_DEBUG_INFO_BTF, as those of the distributions are',
      },
      {
        when: 'root has no such capabilities either',
        before:
          'oodate() { setpriv --bounding-set=-sys_admin,-bpf -- checkout/packages/cli/bin/oodate "$@"; }',
        says: 'bpf needs root, or CAP_BPF and CAP_PERFMON on oodate-probe-bpf; this root has neither; grant them where its container or sandbox is set up',
      },
      {
        when: 'setcap fails in another way',
        before: `mount -o remount,bind,ro checkout/${build}`,
        says: 'setcap failed: .*',
      },
    ])('one sentence says it if $when', async ({ says, ...how }) => {
      const { stdout, stderr } = await shell(['oodate doctor --fix --yes; echo "$?"'], how);
      expect(stdout).toMatch(/(^|\n)2\n$/);
      expect(stderr).toMatch(new RegExp(`^oodate: ${says.replace(/[()]/g, '\\$&')}\\n$`));
    });
  },
);
