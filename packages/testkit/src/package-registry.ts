import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';

/** What package managers ask for packages, on this machine. It has these and no others. */
export interface PackageRegistry {
  readonly url: string;
  close(): Promise<void>;
}

export async function packageRegistry(tarballs: readonly string[]): Promise<PackageRegistry> {
  const files = new Map(tarballs.map((file) => [`/files/${basename(file)}`, readFileSync(file)]));
  let documents = new Map<string, string>();
  const server = createServer(({ url = '' }, response) => {
    const path = decodeURIComponent(url.replace(/\?.*/, ''));
    const body = documents.get(path) ?? files.get(path);
    const type = documents.has(path) ? 'application/json' : 'application/octet-stream';
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type }).end(body ?? '{}');
  });
  const url = await listen(server);
  documents = new Map(tarballs.map((file) => packageDocument(file, `${url}/files/${basename(file)}`)));
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
  return { url, close };
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });
}

/** All that is said of a package with one version, and the path at which it is asked for. */
function packageDocument(file: string, tarball: string): [path: string, document: string] {
  const manifest = JSON.parse(
    execFileSync('tar', ['-xOzf', file, 'package/package.json'], { encoding: 'utf8' }),
  );
  const { name, version } = manifest;
  const content = readFileSync(file);
  const digest = (algorithm: string) => createHash(algorithm).update(content);
  const dist = {
    tarball,
    shasum: digest('sha1').digest('hex'),
    integrity: `sha512-${digest('sha512').digest('base64')}`,
  };
  // Some take nothing that is new.
  const then = '2020-01-01T00:00:00.000Z';
  const document = {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist } },
    time: { created: then, modified: then, [version]: then },
  };
  return [`/${name}`, JSON.stringify(document)];
}
