import { interpretersOf } from './interpreters.mjs';
import { descriptorOf, memberOf, stringOf } from './strace-text.mjs';

/**
 * What the records of a log must be (docs/formats/filemon-log.md), worked out from the calls that strace
 * saw with their results. It shares nothing with the probe but the description of the format.
 *
 * @typedef {object} ExpectedRecord
 * @property {string} letter  of the record
 * @property {string} data    a path, or for L and M both names in quotes
 * @property {string} kind    why: a column of the report
 *
 * @typedef {Pick<import("node:fs").Stats, "isDirectory" | "isFile" | "isSymbolicLink">} FileType
 *
 * @typedef {object} Disk  what strace's text does not tell
 * @property {(path: string) => boolean} before   was it there when the command began?
 * @property {(path: string) => FileType | undefined} after  lstat(2), once the command has ended
 * @property {(path: string) => string | undefined} real   realpath(3), then
 */

/** The calls to be asked of strace, apart from all that take a name, which it knows itself. */
export const tracedCalls = [
  '%file',
  '%process',
  'bind',
  'connect',
  'fchdir',
  'fchmod',
  'fchown',
  'fremovexattr',
  'fsetxattr',
  'getdents',
  'getdents64',
  'io_uring_setup',
  'open_by_handle_at',
  'setns',
  'unshare',
].join(',');

/**
 * @param {import('./strace-text.mjs').Call[]} calls  in the order in which they began
 * @param {string} directory  in which the command was started
 * @param {Disk} disk
 * @returns {{records: ExpectedRecord[], unknown: string[]}}  unknown: calls that are not in the table
 */
export function expectedRecords(calls, directory, disk) {
  const witness = new Witness(directory, disk);
  const unknown = new Set();
  for (const call of calls) {
    witness.met(call);
    const handler = handlers[call.name];
    if (handler === undefined) unknown.add(call.name);
    else if (call.result !== '?') handler(witness, call);
  }
  return { records: [...witness.records.values()], unknown: [...unknown] };
}

class Witness {
  records = new Map();
  #threads = new Map();
  #first;
  #disk;
  #present = new Map();
  #types = new Map();

  constructor(directory, disk) {
    this.#first = { directory: { path: directory }, files: new Map() };
    this.#disk = disk;
  }

  add(kind, letter, data) {
    const record = `${letter} ${data}`;
    // A file that was written and then altered counts as written.
    if (!this.records.has(record)) this.records.set(record, { letter, data, kind });
  }

  /** Two names; where one of them cannot stand in quotes, `instead` tells the same. */
  addPair(kind, letter, from, to, instead) {
    if (/[' ]/.test(from + to)) instead();
    else this.add(kind, letter, `'${from}' '${to}'`);
  }

  /** What a thread has: its directory, the program that it runs, and its files by their descriptors as far as they were met. */
  thread(pid) {
    return this.#threads.get(pid) ?? this.#first;
  }

  forked(pid, child, flags) {
    const { directory, files, program } = this.thread(pid);
    this.#threads.set(child, {
      program,
      directory: /\bCLONE_FS\b/.test(flags) ? directory : { ...directory },
      files: /\bCLONE_FILES\b/.test(flags) ? files : new Map(files),
    });
  }

  met(call) {
    const { files } = this.thread(call.pid);
    const note = (text) => {
      const [, number] = /^(\d+)</.exec(text) ?? [];
      if (number !== undefined) files.set(number, descriptorOf(text));
    };
    call.args.forEach(note);
    if (call.file !== undefined) files.set(call.result, call.file);
  }

  /** The path of a name as the log has it; undefined if there is none. */
  path(call, name, directory = 'AT_FDCWD') {
    const text = stringOf(name);
    if (text === undefined || text === '') return undefined;
    const own = ownDescriptor(text);
    if (own !== undefined) return pathOf(this.thread(call.pid).files.get(own));
    if (text === '/proc/self/exe') return this.thread(call.pid).program;
    if (text.startsWith('/')) return this.#normal(text);
    const base = descriptorOf(directory) ?? (/^AT_FDCWD/.test(directory) && this.thread(call.pid).directory);
    return base ? this.#normal(`${base.path}/${text}`) : undefined;
  }

  /** Takes `..` away as text, unless it follows a link: then the link was looked at, and its goal goes on. */
  #normal(text) {
    let path = '';
    for (const name of text.split('/')) {
      if (name === '' || name === '.') continue;
      if (name !== '..') path += `/${name}`;
      else if (path !== '') {
        if (this.isLink(path)) {
          this.add('looked at', 'S', path);
          path = this.#disk.real(path) ?? path;
        } else if (!this.isDirectory(path)) {
          this.add('missing', this.wasThere(path) ? 'S' : 'N', path);
          return undefined;
        } else {
          this.add('looked at', 'S', path);
        }
        path = path.slice(0, path.lastIndexOf('/'));
      }
    }
    return path === '' ? '/' : path;
  }

  isLink(path) {
    return this.#disk.after(path)?.isSymbolicLink() ?? false;
  }

  /** Of what has gone since, stat or a listing may have told what it was. */
  isDirectory(path) {
    return this.#types.get(path) ?? this.#disk.after(path)?.isDirectory() ?? false;
  }

  /** What has gone since is taken for one. */
  isFile(path) {
    return this.#disk.after(path)?.isFile() ?? true;
  }

  isKnown(path, isDirectory) {
    this.#types.set(path, isDirectory);
  }

  /** Is it there, at this moment of the run? */
  wasThere(path) {
    return this.#present.get(path) ?? this.#disk.before(path);
  }

  isNow(path, there) {
    this.#present.set(path, there);
  }

  executed(pid, path) {
    this.add('executed', 'E', path);
    // Of a script it is the interpreter, which nobody asks for.
    this.#threads.set(pid, { ...this.thread(pid), program: this.#disk.real(path) ?? path });
    for (const { letter, path: interpreter } of interpretersOf(path))
      this.add('executed', letter, interpreter);
  }
}

/** The number in `/dev/fd/3` and the like, which is not a path but a descriptor of the thread's own. */
function ownDescriptor(text) {
  const [, standard, number] =
    /^\/(?:dev\/std(in|out|err)|(?:dev\/fd|proc\/(?:self|thread-self)\/fd)\/(\d+))$/.exec(text) ?? [];
  return standard === undefined ? number : { in: '0', out: '1', err: '2' }[standard];
}

/** Undefined for a pipe and the like, and for a file without a name. */
function pathOf(file) {
  return file?.path.startsWith('/') && !file.deleted ? file.path : undefined;
}

const absent = new Set(['ENOENT', 'ENOTDIR']);
/** Nothing was looked up, or what was can never be there. */
const nothing = new Set(['EFAULT', 'EBADF', 'ENAMETOOLONG', 'EINVAL']);

/** A call that failed: was something looked for in vain, or was it there and in the way? */
function failed(witness, path, error) {
  if (path === undefined || nothing.has(error)) return;
  if (absent.has(error)) witness.add('missing', 'N', path);
  else witness.add('looked at', 'S', path);
}

/** A name that could not be made: for want of the folder, or for what was there. */
function notMade(witness, path, error) {
  if (!absent.has(error)) return failed(witness, path, error);
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  if (!witness.wasThere(folder)) witness.add('missing', 'N', folder);
  else if (!witness.isDirectory(folder)) witness.add('looked at', 'S', folder);
  else witness.add('missing', 'N', path);
}

/** A folder that could not be removed for what is in it. */
function inTheWay(witness, path) {
  witness.add('looked at', 'S', path);
  witness.add('listed', 'G', path);
}

function look(name, directory) {
  return (witness, call) => {
    const path = witness.path(call, call.args[name], call.args[directory]);
    if (path === undefined) return;
    if (call.error === 'ENODATA' || call.error === 'EOPNOTSUPP') witness.add('looked at', 'S', path);
    else if (call.error !== undefined) failed(witness, path, call.error);
    else {
      witness.add('looked at', 'S', path);
      const [, type] = /\bst(?:x)?_mode=(S_IF\w+)/.exec(call.args.join()) ?? [];
      if (type !== undefined) witness.isKnown(path, type === 'S_IFDIR');
    }
  };
}

function open(name, flags, directory) {
  return (witness, call) => {
    const path = witness.path(call, call.args[name], call.args[directory]);
    if (path !== undefined) opened(witness, call, path, flags(call));
  };
}

function opened(witness, call, path, flags) {
  const has = (flag) => new RegExp(`\\b${flag}\\b`).test(flags);
  if (call.error !== undefined) {
    // It was no directory, but was it there?
    if (call.error === 'ENOTDIR' && has('O_DIRECTORY') && witness.wasThere(path))
      witness.add('looked at', 'S', path);
    else if (call.error === 'ELOOP' && !has('O_NOFOLLOW')) witness.add('missing', 'N', path);
    else if (has('O_CREAT')) notMade(witness, path, call.error);
    else failed(witness, path, call.error);
    return;
  }
  const real = call.file?.path ?? path;
  if (has('O_PATH') || has('O_TMPFILE') || has('O_DIRECTORY') || witness.isDirectory(real)) {
    witness.add('looked at', 'S', path);
    return;
  }
  const made = has('O_CREAT') && !witness.wasThere(path);
  const writes = has('O_WRONLY') || has('O_RDWR') || has('O_TRUNC') || made;
  if (writes && !made && !has('O_TRUNC') && witness.isFile(real)) witness.add('kept', 'K', path);
  if (writes) witness.add('written', 'W', path);
  if (!has('O_WRONLY') && !has('O_TRUNC') && !made) witness.add('read', 'R', path);
  if (made) witness.isNow(path, true);
}

function make(kind, name, directory) {
  return (witness, call) => {
    const path = witness.path(call, call.args[name], call.args[directory]);
    if (path === undefined) return;
    if (call.error !== undefined) return notMade(witness, path, call.error);
    witness.add(kind, 'W', path);
    witness.isNow(path, true);
    witness.isKnown(path, kind === 'made directory');
  };
}

function remove(kind, name, directory) {
  return (witness, call) => {
    const path = witness.path(call, call.args[name], call.args[directory]);
    if (path === undefined) return;
    if (call.error === 'ENOTEMPTY') return inTheWay(witness, path);
    if (call.error === 'ENOTDIR' && witness.wasThere(path)) return witness.add('looked at', 'S', path);
    if (call.error !== undefined) return failed(witness, path, call.error);
    witness.add(/AT_REMOVEDIR/.test(call.args[2] ?? '') ? 'removed directory' : kind, 'D', path);
    witness.isNow(path, false);
  };
}

/** Of two names: the first was missing, or the second could not be made. */
function secondOrFirst(witness, first, second, error) {
  if (first === undefined || witness.wasThere(first)) notMade(witness, second, error);
  else witness.add('missing', 'N', first);
}

function rename(from, to, fromDirectory, toDirectory) {
  return (witness, call) => {
    const old = witness.path(call, call.args[from], call.args[fromDirectory]);
    const made = witness.path(call, call.args[to], call.args[toDirectory]);
    if (old === undefined || made === undefined) return;
    if (call.error === 'EEXIST') return witness.add('looked at', 'S', made);
    if (absent.has(call.error)) return secondOrFirst(witness, old, made, call.error);
    if (call.error !== undefined) {
      witness.add('looked at', 'S', old);
      if (call.error === 'ENOTEMPTY') inTheWay(witness, made);
      else if (witness.wasThere(made)) witness.add('looked at', 'S', made);
      return;
    }
    if (/RENAME_EXCHANGE/.test(call.args.at(-1) ?? '')) {
      altered(witness, 'renamed', old);
      altered(witness, 'renamed', made);
      return;
    }
    witness.addPair('renamed', 'M', old, made, () => {
      witness.add('kept', 'K', old);
      witness.add('renamed', 'D', old);
      witness.add('renamed', 'W', made);
    });
    witness.isNow(old, false);
    witness.isNow(made, true);
  };
}

function link(from, to, fromDirectory, toDirectory) {
  return (witness, call) => {
    const source = witness.path(call, call.args[from], call.args[fromDirectory]);
    const made = witness.path(call, call.args[to], call.args[toDirectory]);
    if (made === undefined) return;
    if (call.error === 'EEXIST') return witness.add('looked at', 'S', made);
    if (absent.has(call.error)) return secondOrFirst(witness, source, made, call.error);
    if (call.error !== undefined) {
      if (source !== undefined) witness.add('looked at', 'S', source);
      return;
    }
    witness.isNow(made, true);
    // By descriptor: a file that was made without a name gets its first.
    if (source === undefined) return witness.add('linked', 'W', made);
    witness.add('linked', witness.isLink(source) ? 'S' : 'R', source);
    if (witness.isLink(source)) witness.add('kept', 'K', source);
    witness.addPair('linked', 'L', source, made, () => witness.add('linked', 'W', made));
  };
}

function symlink(to, directory) {
  return (witness, call) => {
    const made = witness.path(call, call.args[to], call.args[directory]);
    if (made === undefined) return;
    if (call.error !== undefined) return notMade(witness, made, call.error);
    const text = stringOf(call.args[0]) ?? '';
    witness.addPair('linked', 'L', text, made, () => witness.add('linked', 'W', made));
    witness.isNow(made, true);
  };
}

function alter(name, directory) {
  return (witness, call) => {
    // utimensat(2) without a path, and others with an empty one, are about the descriptor.
    if (directory !== undefined && !(stringOf(call.args[name]) ?? '')) return alterDescriptor(witness, call);
    const path = witness.path(call, call.args[name], call.args[directory]);
    if (path === undefined) return;
    if (call.error !== undefined) failed(witness, path, call.error);
    else altered(witness, 'altered', path);
  };
}

function alterDescriptor(witness, call) {
  const path = pathOf(descriptorOf(call.args[0]));
  if (call.error === undefined && path !== undefined) altered(witness, 'altered', path);
}

/** What was there stays, at least in part. */
function altered(witness, kind, path) {
  witness.add('kept', 'K', path);
  witness.add(kind, 'W', path);
}

function readlink(name, directory) {
  return (witness, call) => {
    const path = witness.path(call, call.args[name], call.args[directory]);
    // The links in /proc are the kernel's: what they lead to was seen when it was opened or executed.
    if (path === undefined || /^\/(proc|dev\/fd)\//.test(stringOf(call.args[name]))) return;
    // That something is no link is an answer, too.
    if (call.error === undefined || call.error === 'EINVAL') witness.add('looked at', 'S', path);
    else failed(witness, path, call.error);
  };
}

function execute(name, directory) {
  return (witness, call) => {
    const byDescriptor = stringOf(call.args[name]) === '';
    const path = byDescriptor
      ? descriptorOf(call.args[directory])?.path
      : witness.path(call, call.args[name], call.args[directory]);
    if (path === undefined) return;
    if (call.error === undefined) witness.executed(call.pid, path);
    else failed(witness, path, call.error);
  };
}

function list(witness, call) {
  const directory = descriptorOf(call.args[0]);
  if (call.error !== undefined || directory === undefined || directory.deleted) return;
  witness.add('listed', 'G', directory.path);
  witness.isKnown(directory.path, true);
}

function chdir(witness, call) {
  const path = witness.path(call, call.args[0]);
  if (path === undefined) return;
  if (call.error === 'ENOTDIR' && witness.wasThere(path)) return witness.add('looked at', 'S', path);
  if (call.error !== undefined) return failed(witness, path, call.error);
  witness.add('changed directory', 'C', path);
  witness.thread(call.pid).directory.path = path;
}

function fchdir(witness, call) {
  const directory = descriptorOf(call.args[0]);
  if (call.error !== undefined || directory === undefined) return;
  witness.add('changed directory', 'C', directory.path);
  witness.thread(call.pid).directory.path = directory.path;
}

/** A socket that lies in a file system. */
function socketPath(witness, call) {
  const name = /sa_family=AF_UNIX/.test(call.args[1] ?? '') ? memberOf(call.args[1], 'sun_path') : undefined;
  return witness.path(call, name);
}

function bind(witness, call) {
  const path = socketPath(witness, call);
  if (path === undefined) return;
  if (call.error !== undefined) return notMade(witness, path, call.error);
  witness.add('made', 'W', path);
  witness.isNow(path, true);
}

function connect(witness, call) {
  const path = socketPath(witness, call);
  if (path === undefined) return;
  if (call.error === undefined) witness.add('looked at', 'S', path);
  else failed(witness, path, call.error);
}

function fork(witness, call) {
  if (call.error === undefined) witness.forked(call.pid, Number(call.result), call.args.join());
}

function ignore() {}

const flagsAt = (at) => (call) => call.args[at] ?? '';

/** A line for each call: where its arguments are, counted from 0. */
const handlers = {
  open: open(0, flagsAt(1)),
  creat: open(0, () => 'O_CREAT|O_WRONLY|O_TRUNC'),
  openat: open(1, flagsAt(2), 0),
  openat2: open(1, (call) => memberOf(call.args[2] ?? '', 'flags') ?? '', 0),
  stat: look(0),
  lstat: look(0),
  newfstatat: look(1, 0),
  statx: look(1, 0),
  access: look(0),
  faccessat: look(1, 0),
  faccessat2: look(1, 0),
  statfs: look(0),
  getxattr: look(0),
  lgetxattr: look(0),
  listxattr: look(0),
  llistxattr: look(0),
  inotify_add_watch: look(1),
  name_to_handle_at: look(1, 0),
  readlink: readlink(0),
  readlinkat: readlink(1, 0),
  execve: execute(0),
  execveat: execute(1, 0),
  getdents: list,
  getdents64: list,
  mkdir: make('made directory', 0),
  mkdirat: make('made directory', 1, 0),
  mknod: make('made', 0),
  mknodat: make('made', 1, 0),
  bind,
  connect,
  rmdir: remove('removed directory', 0),
  unlink: remove('removed', 0),
  unlinkat: remove('removed', 1, 0),
  rename: rename(0, 1),
  renameat: rename(1, 3, 0, 2),
  renameat2: rename(1, 3, 0, 2),
  link: link(0, 1),
  linkat: link(1, 3, 0, 2),
  symlink: symlink(1),
  symlinkat: symlink(2, 1),
  truncate: alter(0),
  chmod: alter(0),
  chown: alter(0),
  lchown: alter(0),
  utime: alter(0),
  utimes: alter(0),
  setxattr: alter(0),
  lsetxattr: alter(0),
  removexattr: alter(0),
  lremovexattr: alter(0),
  fchmodat: alter(1, 0),
  fchownat: alter(1, 0),
  futimesat: alter(1, 0),
  utimensat: alter(1, 0),
  fchmod: alterDescriptor,
  fchown: alterDescriptor,
  fsetxattr: alterDescriptor,
  fremovexattr: alterDescriptor,
  chdir,
  fchdir,
  clone: fork,
  clone3: fork,
  fork,
  vfork: fork,
  // No file is named, or only what /proc/PID/cwd tells as well.
  getcwd: ignore,
  io_uring_setup: ignore,
  exit: ignore,
  exit_group: ignore,
  kill: ignore,
  tgkill: ignore,
  tkill: ignore,
  rt_sigqueueinfo: ignore,
  rt_tgsigqueueinfo: ignore,
  pidfd_open: ignore,
  pidfd_send_signal: ignore,
  wait4: ignore,
  waitid: ignore,
};
