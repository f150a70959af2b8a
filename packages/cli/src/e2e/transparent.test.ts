import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { buildSituation, requireTool, workspace } from '@oodate/testkit';
import { findProbe } from '@oodate/tracer';

const oodate = fileURLToPath(new URL('../../bin/oodate', import.meta.url));

/** The words before a command by which another program runs it; what that one keeps goes into the folder. */
const ways = {
  'oodate-probe': (folder: string) => `${findProbe()} -o ${folder}/log --output ${folder}/copy --`,
  'oodate run': (folder: string) => `${oodate} run --force --quiet --meta ${folder}/meta --`,
  'oodate run --untraced': () => `${oodate} run --untraced --quiet --`,
} as const;
type Way = keyof typeof ways;

interface Case {
  readonly title: string;
  /** For bash; $RUN stands before the command. */
  readonly script: string;
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  readonly files: Readonly<Record<string, string>>;
}

let situation: string;
beforeAll(() => {
  situation = buildSituation();
});

const environment = {
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
};

/** What can be seen of a script from outside, in a folder of its own. */
async function outcomeOf(script: string, runBy: (folder: string) => string): Promise<Outcome> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'transparent-')));
  const cwd = join(folder, 'here');
  mkdirSync(cwd);
  try {
    const child = spawn('bash', ['-c', `RUN='${runBy(folder)}'; ${script}`], {
      cwd,
      env: { ...environment, SITUATION: situation },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (bytes: Buffer) => {
      said.stdout += bytes.toString('latin1');
    });
    child.stderr.on('data', (bytes: Buffer) => {
      said.stderr += bytes.toString('latin1');
    });
    const [status] = (await once(child, 'close')) as [number | null];
    const names = readdirSync(cwd).filter((name) => statSync(join(cwd, name)).isFile());
    const files = names.map((name) => [name, readFileSync(join(cwd, name), 'latin1')] as const);
    const plain = (text: string) => text.replaceAll(folder, '~');
    return {
      stdout: plain(said.stdout),
      stderr: plain(said.stderr),
      status,
      files: Object.fromEntries(files.map(([name, text]) => [name, plain(told(text))])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `situation` tells, without what is documented to differ, and the environment in one order. */
function told(text: string): string {
  if (!/^word .*situation$/m.test(text)) return text;
  const lines = text
    .split('\n')
    .filter((line) => !/^(env (OODATE_PROBE|_)=|status Seccomp(_filters)?:)/.test(line));
  return lines.sort().join('\n');
}

function isTheSame(cases: readonly Case[]): void {
  describe.each(Object.keys(ways) as Way[])('under %s', (way) => {
    test.each(cases)('$title', async ({ script }) => {
      const [alone, under] = await Promise.all([outcomeOf(script, () => ''), outcomeOf(script, ways[way])]);
      expect(under).toEqual(alone);
    });
  });
}

function isSkipped(cases: readonly Case[]): void {
  test.skip.each(cases)('$title', () => {});
}

/** Opens a pipe as 3 for somebody who goes away when told to, and has gone when the shell has heard of it. */
const reader = 'mkfifo gate out; { exec < out; read x < gate; } & export READER=$!; exec 3> out';
// Between the two there may be one who passes on what is written, and hears of it a moment later.
const untilGone = 'echo > gate; while kill -0 $READER 2> /dev/null; do :; done';

describe('what is written', () => {
  isTheSame([
    {
      title: 'goes to stdout and stderr',
      script: '$RUN sh -c \'echo out; printf "\\0\\377\\n" >&2; echo out\'',
    },
    {
      title: 'keeps its order where both are one pipe',
      script: "$RUN bash -c 'for i in {1..2000}; do echo $i; echo $i >&2; done' 2>&1 | cat",
    },
    {
      title: 'keeps its order where both are one file',
      script: "$RUN bash -c 'for i in {1..2000}; do echo $i; echo $i >&2; done' > file 2>&1",
    },
    {
      title: 'goes to a file where it stands',
      script: '{ echo before; $RUN echo it; echo after; } > file; $RUN echo more >> file',
    },
    {
      title: 'overwrites itself where one file was opened twice',
      script: "$RUN sh -c 'echo 0123456789; echo abc >&2' > file 2> file",
    },
    {
      title: 'goes to a place in a file that the command seeks',
      script: '$RUN dd if=/dev/zero bs=1 count=3 seek=5 conv=notrunc status=none > file; echo end >> file',
    },
    {
      title: 'to a file can be taken back',
      script: "$RUN sh -c 'echo long; truncate -s 2 /dev/stdout' > file",
    },
    {
      title: 'to a file that is as large as allowed fails',
      script: '(ulimit -Sf 1; exec 2> /dev/null; $RUN head -c 5000 /dev/zero > file); echo $?',
    },
    {
      title: 'to a file that others write to as well arrives once',
      script: '{ echo a; $RUN echo b; wait; } >> file; exec >> file; $RUN echo c; echo d',
    },
    { title: 'to a full device fails', script: '$RUN sh -c "echo x" > /dev/full; echo $?' },
    { title: 'may be much', script: '$RUN head -c 200000000 /dev/zero | cksum' },
    {
      title: 'may be much at once on both',
      script:
        '$RUN sh -c "head -c 9000000 /dev/zero & head -c 9000000 /dev/zero >&2; wait" 2> >(cksum >&2) | cksum; wait $!',
    },
    {
      title: 'to somebody who has had enough ends the command',
      script: '$RUN yes | head -n 1; echo $PIPESTATUS',
    },
    {
      title: 'to somebody who has gone ends the command',
      script: `${reader}; $RUN sh -c '${untilGone}; while :; do echo late; done' >&3; echo $?`,
    },
    {
      title: 'to somebody who has gone is noticed by a command that ignores SIGPIPE',
      script: `${reader}; trap "" PIPE; $RUN sh -c '${untilGone}; while echo late 2> /dev/null; do :; done; echo failed >&2' >&3; echo $?`,
    },
    {
      title: 'after the end of the command, by what it left behind, arrives',
      script:
        'mkfifo gate; { $RUN sh -c "{ read x < gate; echo late; echo late >&2; } & echo first" 2>&1; echo second; echo > gate; } | cat',
    },
    {
      title: 'to a socket that something else reads from is untouched',
      script: '$RUN sh -c "echo out > /proc/self/fd/1; echo err > /dev/stderr"',
    },
  ]);
});

describe('what is given', () => {
  isTheSame([
    { title: 'as a rule', script: '$RUN $SITUATION told' },
    {
      title: 'where input and output are files',
      script: 'echo x > in; $RUN $SITUATION told < in > out 2> err',
    },
    { title: 'where both are one file', script: '$RUN $SITUATION told < /dev/null > out 2>&1' },
    { title: 'where output is appended', script: 'echo x > out; $RUN $SITUATION told >> out 2>> out' },
    { title: 'where all are pipes', script: 'echo x | $RUN $SITUATION told 2>&1 | cat' },
    { title: 'where nothing is open', script: '$RUN $SITUATION told <&- >&- 2>&-' },
    { title: 'where stdin is closed', script: '$RUN $SITUATION told <&-' },
    { title: 'where stdout is closed', script: '$RUN $SITUATION told >&-' },
    { title: 'where stderr is closed', script: '$RUN $SITUATION told 2>&-' },
    { title: 'where output is for reading and writing', script: '$RUN $SITUATION told 1<> out' },
    {
      title: 'as further descriptors',
      script: '$RUN $SITUATION told 3< /dev/null 5> out 9< <(echo x) 10<&0 63>&1 200< /etc/passwd',
    },
    {
      title: 'as signals ignored and blocked',
      script: 'env --ignore-signal=HUP,PIPE,INT,TSTP --block-signal=USR1,TERM $RUN $SITUATION told',
    },
    { title: 'by nohup', script: 'nohup $RUN $SITUATION told > out 2>&1' },
    {
      title: 'as limits',
      script: 'ulimit -Sn 300; ulimit -Sc 0; ulimit -Ss 4096; ulimit -Sf 1000000; $RUN $SITUATION told',
    },
    { title: 'as umask', script: 'umask 027; $RUN $SITUATION told; stat -c %a told' },
    {
      title: 'as priorities, places in memory and processors',
      script: 'nice -n 3 ionice -c 2 -n 6 taskset 1 choom -n 7 -- setarch -R $RUN $SITUATION told',
    },
    { title: 'as a timer', script: '$RUN sh -c "sleep 0; exec $SITUATION told"' },
    {
      title: 'as variables with any names and values',
      script: `f() { :; }; export -f f; env "x.y=a  b" "1=2" "EMPTY=" "LATIN=$(printf '\\351')" "LINES2=$(printf 'a\\nb')" $RUN $SITUATION told`,
    },
    {
      title: 'as a directory that is reached by a link',
      script: 'mkdir d; ln -s d l; cd l; $RUN $SITUATION ../told; $RUN sh -c \'echo "$PWD"; pwd -L; pwd -P\'',
    },
    { title: 'as words', script: '$RUN $SITUATION told "" "a b" -- --force "*" "$(printf "a\\nb")" \'$x\'' },
  ]);
});

describe('a program that looks into others', () => {
  const leaking = '#include <stdlib.h>\nint main(void) { return malloc(7) == 0; }';
  const build = `cat > leaking.c <<'C'
${leaking}
C
cc -g -O0 -fsanitize=address -o leaking leaking.c`;
  const withoutNumbers =
    "sed -E 's/0x[0-9a-f]+/0x/g; s/(==|[Pp]rocess |pid +|si_pid=)[0-9]+/\\1/g; s/[0-9]+ vars/vars/; s/(si_[us]time=)[0-9]+( .. [0-9.]+ s ..)?/\\1/g'";
  isTheSame([
    {
      title: 'LeakSanitizer finds the same leak',
      script: `${build}; { $RUN ./leaking; echo $?; } 2>&1 | ${withoutNumbers}; rm leaking`,
    },
  ]);
  (requireTool('gdb') ? isTheSame : isSkipped)([
    {
      title: 'gdb stops at the same place',
      script: `${build}; export ASAN_OPTIONS=detect_leaks=0; $RUN gdb -nx -batch -ex 'break main' -ex run -ex bt -ex continue ./leaking 2>&1 | ${withoutNumbers}; rm leaking`,
    },
  ]);
  (requireTool('strace') ? isTheSame : isSkipped)([
    {
      title: 'strace sees the same calls',
      script: `$RUN strace -f -e trace=execve,openat,exit_group sh -c 'cat < /dev/null; exit 4' 2>&1 | ${withoutNumbers} | grep -v 'vars */'; echo $PIPESTATUS`,
    },
  ]);
});

describe('how the command ended', () => {
  const statuses = [0, 1, 2, 100, 124, 125, 126, 127, 128, 129, 130, 137, 141, 143, 200, 254, 255];
  isTheSame([
    {
      title: 'is its exit status',
      script: `for i in ${statuses.join(' ')}; do $RUN sh -c "exit $i"; printf '%s ' $?; done`,
    },
    {
      title: 'is the signal that ended it',
      script: `for i in HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM XCPU XFSZ SYS RTMIN+3; do
        perl -e 'system(@ARGV); print $? & 127, " "' -- $RUN sh -c "kill -$i \\$\\$"; done`,
    },
    {
      title: 'by Ctrl-C ends the loop of the shell around it',
      script: `export RUN; bash -c 'for i in 1 2 3; do $RUN sh -c "echo \\$1; kill -INT \\$\\$" - $i; kill -INT $$; done'; echo $?`,
    },
    { title: 'may be that it was not found', script: '$RUN ./nosuch 2> /dev/null; echo $?' },
    {
      title: 'may be that it may not be executed',
      script: 'echo x > file; $RUN ./file 2> /dev/null; echo $?',
    },
  ]);
});

test('NODE_OPTIONS is for the command, and not for the Node that runs oodate', async () => {
  const space = workspace({ 'hook.cjs': "require('fs').appendFileSync('loaded', 'x');" });
  const env = { NODE_OPTIONS: `--require ${space.path('hook.cjs')}` };
  const words = ['--', 'sh', '-c', 'echo "$NODE_OPTIONS" "$OODATE_NODE_OPTIONS"'];
  expect((await space.kept(words, '', { env })).stdout).toBe(`${env.NODE_OPTIONS} \n`);
  await space.upToDate(words, { env });
  expect(space.exists('loaded')).toBe(false);
  await space.because(words, ['the variable NODE_OPTIONS was '], { env: { NODE_OPTIONS: '' } });
});
