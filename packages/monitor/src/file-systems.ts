import { statfsSync } from 'node:fs';
import { fsPath } from '@oodate/filemon';

/** Of which nobody is told when something changes. (Source: statfs(2) and linux/magic.h.) */
const kernelTypes: ReadonlyMap<number, string> = new Map([
  [0x9fa0, 'proc'],
  [0x62656572, 'sysfs'],
  [0x27e0eb, 'cgroup'],
  [0x63677270, 'cgroup2'],
  [0x64626720, 'debugfs'],
  [0x74726163, 'tracefs'],
  [0xcafe4a11, 'bpf'],
  [0x73636673, 'securityfs'],
  [0x1cd1, 'devpts'],
  [0x62656570, 'configfs'],
  [0xde5e81e4, 'efivarfs'],
  [0x19800202, 'mqueue'],
  [0x6165676c, 'pstore'],
  [0xf97cff8c, 'selinuxfs'],
  [0x42494e4d, 'binfmt_misc'],
  [0x6e736673, 'nsfs'],
]);

/** Whose files others change, unseen from here. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x517b, 'smb'],
  [0x01021997, '9p'],
  [0x00c36400, 'ceph'],
  [0x5346414f, 'afs'],
  [0x6b414653, 'kafs'],
  [0x73757245, 'coda'],
  [0x65735546, 'fuse'],
]);

/** Why changes on the file system of an existing path cannot be told; undefined if they can. Throws what statfs does. */
export function unheardFileSystem(
  path: string,
): { readonly kind: 'kernel' | 'network'; readonly name: string } | undefined {
  // Node gives what is a 32-bit number in the kernel as a signed one or not, by version.
  const type = Number(statfsSync(fsPath(path), { bigint: true }).type & 0xffff_ffffn);
  const kernel = kernelTypes.get(type);
  if (kernel !== undefined) return { kind: 'kernel', name: kernel };
  const network = networkTypes.get(type);
  return network === undefined ? undefined : { kind: 'network', name: network };
}
