/** What the kernel tells of an entry when it lists a directory, beside its name. */
export type EntryType = 'file' | 'directory' | 'link' | 'special';

const marks = { file: '', directory: '/', link: '/@', special: '/=' } as const;

/**
 * A name in a directory (path text) and what it is, as one text: programs that
 * list a directory see both. After the name a slash stands for a directory, `/@`
 * for a symbolic link, `/=` for what is neither these nor a file; no name has a slash.
 */
export function listedName(name: string, type: EntryType): string {
  return name + marks[type];
}

/** The name alone. */
export function plainName(listed: string): string {
  const slash = listed.indexOf('/');
  return slash < 0 ? listed : listed.slice(0, slash);
}
